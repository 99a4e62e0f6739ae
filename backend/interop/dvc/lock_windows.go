package dvc

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the lock that DVC takes, without waiting; closing the file lets it go.
func lockFile(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
}
