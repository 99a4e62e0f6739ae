package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"

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
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	if err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped)); err != nil {
		f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			return nil, errs.New(errs.Conflict, "%s is locked by another program", path)
		}
		return nil, err
	}
	return &Lock{f}, nil
}

// File is what holds the lock.
func (l *Lock) File() *os.File { return l.f }

// Unlock frees the lock.
func (l *Lock) Unlock() error { return l.f.Close() }

// hold has nothing to do: a file that is open cannot be removed here.
func hold(*os.File) {}

// held leaves it to the removal to fail.
func held(string) bool { return false }
