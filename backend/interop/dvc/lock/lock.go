// Package lock takes the locks by which commands of DVC keep out of each other's way: that of the whole
// project, as a file that is locked or as a second name, and claims of the paths that a command
// reads and writes. It knows files below .dvc/tmp and processes, and nothing of what they are about.
package lock

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"rondo/backend/errs"
)

// Names of DVC's locks in .dvc/tmp.
const (
	Repo  = "lock" // of the whole project
	guard = "rwlock.lock"

	tmp   = ".dvc/tmp"
	Tries = 7 // as often as dvc itself tries, half a second apart
	pause = 500 * time.Millisecond
)

// Folder is a project's folder, in which the locks lie.
type Folder struct {
	Root   *os.Root
	Dir    string                            // its path
	ByLink bool                              // core.hardlink_lock
	Own    string                            // the folder in it where files are made before they take their place
	Read   func(name string) ([]byte, error) // reads a small file of it
	Waits  func(text string)                 // is told once what is waited for, and whose it is; nil: nobody is
}

// Take takes one of DVC's locks. It tries so often; 0 means until ctx ends.
func (l Folder) Take(ctx context.Context, name string, tries int) (unlock func(), err error) {
	if err := l.Root.MkdirAll(tmp, 0o755); err != nil {
		return nil, cannotWrite(tmp, err)
	}
	try := l.tryFile
	if l.ByLink {
		try = l.tryLink
	}
	at := path.Join(tmp, name)
	for n := 1; ; n++ {
		unlock, held, err := try(at)
		if err != nil || unlock != nil {
			return unlock, err
		}
		if n == tries {
			return nil, errs.New(errs.Unavailable, "DVC or Rondo is working in %s: the lock %s is taken", l.Dir, at).WithHint("%s", l.whose(at, held))
		}
		if n == Tries && l.Waits != nil {
			l.Waits("waiting for the lock " + at + ": " + l.whose(at, held))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryFile takes the lock as zc.lockfile does: the system's lock of a file in which the
// number of the process stands. One whose process has died is free by itself.
func (l Folder) tryFile(at string) (unlock func(), held string, err error) {
	f, err := l.Root.OpenFile(at, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, "", cannotWrite(at, err)
	}
	if lockFile(f) != nil {
		b, _ := io.ReadAll(io.LimitReader(f, 64))
		f.Close()
		return nil, string(b), nil
	}
	sign(f, fmt.Sprintf(" %d\n", os.Getpid()))
	return func() { f.Close() }, "", nil
}

// sign leaves text alone in a file. It is there already where this process takes the lock
// for each of many stages: to empty the file and fill it again has the disk write it each time.
func sign(f *os.File, text string) {
	b, _ := io.ReadAll(io.LimitReader(f, 64))
	if string(b) == text {
		return
	}
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(text), 0)
}

func cannotWrite(at string, err error) error {
	return errs.New(errs.Unavailable, "%s cannot be written: %w", at, err).WithHint("see whether the disk is full and whether you may write there")
}
