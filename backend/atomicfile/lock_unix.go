//go:build unix

package atomicfile

import (
	"errors"
	"os"
	"syscall"

	"rondo/backend/errs"
)

// Lock is an exclusive lock that the operating system frees when its holder dies.
type Lock struct{ f *os.File }

// TryLock takes the lock file at path, or fails at once with kind Conflict.
func TryLock(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errs.New(errs.Conflict, "%s is locked by another program", path)
		}
		return nil, err
	}
	return &Lock{f}, nil
}

// File is what holds the lock. A child process that inherits it holds the lock too,
// until it ends or Unlock is called, also when its parent is killed.
func (l *Lock) File() *os.File { return l.f }

// Unlock frees the lock, whoever inherited it.
func (l *Lock) Unlock() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}

// hold marks a temporary file as belonging to this process, for as long as it is open.
// Where the file system has no such locks, its age has to do.
func hold(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// held reports whether a living process holds the file.
func held(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
