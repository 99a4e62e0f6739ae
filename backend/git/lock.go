package git

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// lock is git's own lock on one of its files: FILE.lock, which only one program can make. Here it
// is a second name of a file in git's folder that this process holds as long as it lives. So a
// lock that a killed program of ours left is known as such, and taken away by the next one; of
// one that git itself made nobody can tell, and it stays.
type lock struct {
	at   string   // what is locked
	file *os.File // what it shall be; its own name lies in none of refs, where an empty file would be a damaged name
}

const (
	lockNames = ".rondo-*.tmp"
	lockTries = 5 // more than one is needed only beside who tidies up
)

// take makes git's lock on a file, with what the file shall be in it. It fails with fs.ErrExist
// where a living program has it, or git left one.
func (r *Repo) take(at string, b []byte) (l *lock, err error) {
	dir := commonOf(r.gitDir)
	for range lockTries {
		tidyLocks(dir, at)
		if l, err = tryLock(dir, at, b); !errors.Is(err, fs.ErrNotExist) {
			return l, err
		}
	}
	return nil, err
}

func tryLock(dir, at string, b []byte) (*lock, error) {
	f, err := os.CreateTemp(dir, lockNames)
	if err != nil {
		return nil, err
	}
	hold(f)
	l := &lock{at, f}
	if err = errors.Join(f.Chmod(0o644), l.write(b)); err == nil {
		err = l.link()
	}
	if err != nil {
		letGo(f)
		os.Remove(f.Name())
		f.Close()
		return nil, err
	}
	return l, nil
}

// write says what the file shall be. The disk has it then.
func (l *lock) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, err := l.file.Write(b)
	return errors.Join(err, l.file.Sync())
}

func (l *lock) link() error {
	err := os.Link(l.file.Name(), l.at+".lock")
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(l.at+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // a disk without links
	if err != nil {
		return err
	}
	f.Close()
	letGo(l.file)
	if err = os.Rename(l.file.Name(), l.at+".lock"); err != nil {
		os.Remove(l.at + ".lock")
	}
	return err
}

// replace makes the file what was written, and frees the lock. The disk has it then.
func (l *lock) replace() error {
	letGo(l.file)
	if err := os.Rename(l.at+".lock", l.at); err != nil {
		return err
	}
	l.end()
	return atomicfile.SyncDir(filepath.Dir(l.at))
}

// Close frees the lock, unless replace did.
func (l *lock) Close() {
	if l.file != nil {
		letGo(l.file)
		os.Remove(l.at + ".lock")
		l.end()
	}
}

func (l *lock) end() {
	os.Remove(l.file.Name())
	l.file.Close()
	l.file = nil
}

// isLocked reports whether another program is at work with a file, or git left its lock there.
func (r *Repo) isLocked(at string) bool {
	tidyLocks(commonOf(r.gitDir), at)
	_, err := os.Lstat(at + ".lock")
	return err == nil
}

// tidyLocks removes what killed programs of ours left: the lock on a file, and files that are no lock any more.
func tidyLocks(dir, at string) {
	left, _ := filepath.Glob(filepath.Join(dir, lockNames))
	for _, name := range left {
		whenDead(name, func(is fs.FileInfo, names int) {
			lock, err := os.Lstat(at + ".lock")
			switch {
			case err == nil && os.SameFile(is, lock):
				os.Remove(at + ".lock")
				os.Remove(name)
			case names == 1:
				os.Remove(name)
			}
		})
	}
}

func busyRef(name, at string) error {
	return errs.New(errs.Unavailable, "another git command is at work with %s", name).WithHint("%s", whose(at+".lock"))
}

func busyIndex(at string) error {
	return errs.New(errs.Unavailable, "another git command is at work in this repository").WithHint("%s", whose(at+".lock"))
}

// whose says what to do about a lock, which does not tell whose it is: how old it is tells a
// command that is at work from one that was killed.
func whose(lock string) string {
	old := ""
	if is, err := os.Lstat(lock); err == nil {
		old = "its lock is " + time.Since(is.ModTime()).Round(time.Second).String() + " old; "
	}
	return old + "try again when it is done; if no git command runs, remove " + lock
}
