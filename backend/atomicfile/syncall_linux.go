package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"rondo/backend/fault"
)

// SyncAll makes everything below dir durable with one call for its file system,
// which is much cheaper than one for every file.
func SyncAll(dir string) error {
	if err := fault.Check("syncfs"); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
}

// StartWriting asks the system to begin writing a part of the file to disk, without
// waiting: what a later Sync then has to wait for is less.
func StartWriting(f *os.File, offset, length int64) {
	unix.SyncFileRange(int(f.Fd()), offset, length, unix.SYNC_FILE_RANGE_WRITE) // only a wish
}
