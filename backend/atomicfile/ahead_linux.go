package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriting waits at most until the disk takes the request, not until it is done.
func startWriting(f *os.File, at, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), at, n, unix.SYNC_FILE_RANGE_WRITE)
}
