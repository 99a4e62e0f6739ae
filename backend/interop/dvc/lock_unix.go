//go:build unix

package dvc

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock that DVC takes, without waiting; closing the file lets it go.
func lockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
