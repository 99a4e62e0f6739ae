package dvc

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
	repoLock  = "lock"
	rwFile    = "rwlock"
	rwGuard   = "rwlock.lock"
	lockTries = 7 // as often as dvc itself tries, half a second apart
	lockPause = 500 * time.Millisecond
)

// lock keeps a running dvc away while DVC's files are written, with DVC's own lock. It
// waits for one that is held as long as dvc would.
func (p *Project) lock() (unlock func(), err error) {
	return p.take(context.Background(), repoLock, lockTries)
}

// take takes one of DVC's locks. It tries so often; 0 means until ctx ends.
func (p *Project) take(ctx context.Context, name string, tries int) (unlock func(), err error) {
	if err := p.root.MkdirAll(path.Join(Dir, "tmp"), 0o755); err != nil {
		return nil, cannotWrite(path.Join(Dir, "tmp"), err)
	}
	try := p.tryFile
	if strings.EqualFold(p.Config["core"]["hardlink_lock"], "true") {
		try = p.tryLink
	}
	at := path.Join(Dir, "tmp", name)
	for n := 1; ; n++ {
		unlock, held, err := try(at)
		if err != nil || unlock != nil {
			return unlock, err
		}
		if n == tries {
			return nil, p.busy(at, held)
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// busy tells who holds a lock, as far as the lock itself tells.
func (p *Project) busy(at, held string) error {
	hint := "try again when it has ended"
	if pid, err := strconv.Atoi(strings.TrimSpace(held)); err == nil && alive(pid) {
		hint = fmt.Sprintf("process %d holds it; try again when it has ended", pid)
	} else if strings.Contains(held, "lock") {
		hint = "try again when it has ended; if no dvc runs any more, delete " + at
	}
	return errs.New(errs.Unavailable, "DVC is working in %s: its lock is taken", p.Dir).WithHint("%s", hint)
}

// tryFile takes the lock as zc.lockfile does: the system's lock of a file in which the
// number of the process stands. One whose process has died is free by itself.
func (p *Project) tryFile(at string) (unlock func(), held string, err error) {
	f, err := p.root.OpenFile(at, os.O_RDWR|os.O_CREATE, 0o644)
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
func (p *Project) tryLink(at string) (unlock func(), held string, err error) {
	host, _ := os.Hostname()
	name := strings.Join([]string{filepath.Join(p.Dir, filepath.FromSlash(at)), host, strconv.Itoa(os.Getpid()), ref.NewID()}, "|")
	sum := md5.Sum([]byte(name))
	claim := path.Join(Dir, "tmp", hex.EncodeToString(sum[:])+".lock")
	whole := filepath.Join(p.Dir, filepath.FromSlash(claim))
	f, err := p.root.OpenFile(claim, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, "", cannotWrite(claim, err)
	}
	_, err = f.WriteString(whole)
	end := time.Now().Add(linkLife)
	if err = errors.Join(err, f.Close(), os.Chtimes(whole, end, end)); err != nil {
		return nil, "", errors.Join(cannotWrite(claim, err), p.root.Remove(claim))
	}
	err = p.root.Link(claim, at)
	if err == nil {
		return func() { _ = p.root.Remove(at); _ = p.root.Remove(claim) }, "", nil
	}
	_ = p.root.Remove(claim)
	if !errors.Is(err, fs.ErrExist) {
		return nil, "", cannotWrite(at, err)
	}
	if info, err := p.root.Stat(at); err == nil && info.ModTime().Before(time.Now()) {
		_ = p.root.Remove(at) // its time is over
	}
	b, _ := p.Read(at)
	return nil, string(b), nil
}
