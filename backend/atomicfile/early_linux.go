package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// beginWriting starts writing a range to the disk and does not wait. It promises nothing:
// only the sync at the end does, and it says what went wrong.
func beginWriting(f *os.File, at, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), at, n, unix.SYNC_FILE_RANGE_WRITE)
}
