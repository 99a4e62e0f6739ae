// Package lock takes the locks by which commands of DVC keep out of each other's way: that of the whole
// project, as a file that is locked or as a second name, and claims of the paths that a command
// reads and writes. It knows files below .dvc/tmp and processes, and nothing of what they are about.
package lock

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/ref"
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
			return nil, l.busy(at, held)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// busy tells who holds a lock, as far as the lock itself tells.
func (l Folder) busy(at, held string) error {
	hint := "try again when it has ended"
	if pid, err := strconv.Atoi(strings.TrimSpace(held)); err == nil && alive(pid) {
		hint = fmt.Sprintf("process %d holds it; try again when it has ended", pid)
	} else if strings.Contains(held, "lock") {
		hint = "try again when it has ended; if no dvc runs any more, delete " + at
	}
	return errs.New(errs.Unavailable, "DVC is working in %s: its lock is taken", l.Dir).WithHint("%s", hint)
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

const linkLife = 365 * 24 * time.Hour // of a lock by a hard link, as dvc makes it

// tryLink takes the lock as flufl.lock does where core.hardlink_lock is set: a second name
// for a file of one's own. Its time is when it ends; one whose time is over is removed.
func (l Folder) tryLink(at string) (unlock func(), held string, err error) {
	host, _ := os.Hostname()
	name := strings.Join([]string{filepath.Join(l.Dir, filepath.FromSlash(at)), host, strconv.Itoa(os.Getpid()), ref.NewID()}, "|")
	sum := md5.Sum([]byte(name))
	claim := path.Join(tmp, hex.EncodeToString(sum[:])+".lock")
	whole := filepath.Join(l.Dir, filepath.FromSlash(claim))
	f, err := l.Root.OpenFile(claim, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, "", cannotWrite(claim, err)
	}
	_, err = f.WriteString(whole)
	end := time.Now().Add(linkLife)
	if err = errors.Join(err, f.Close(), os.Chtimes(whole, end, end)); err != nil {
		return nil, "", errors.Join(cannotWrite(claim, err), l.Root.Remove(claim))
	}
	err = l.Root.Link(claim, at)
	if err == nil {
		return func() { _ = l.Root.Remove(at); _ = l.Root.Remove(claim) }, "", nil
	}
	_ = l.Root.Remove(claim)
	if !errors.Is(err, fs.ErrExist) {
		return nil, "", cannotWrite(at, err)
	}
	if info, err := l.Root.Stat(at); err == nil && info.ModTime().Before(time.Now()) {
		_ = l.Root.Remove(at) // its time is over
	}
	b, _ := l.Read(at)
	return nil, string(b), nil
}

func cannotWrite(at string, err error) error {
	return errs.New(errs.Unavailable, "%s cannot be written: %w", at, err).WithHint("see whether the disk is full and whether you may write there")
}
