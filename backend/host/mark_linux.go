package host

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The marks of FS_IOC_GETFLAGS have the numbers that statx(2) gives them.

// markOf tells by which mark of the file system nobody may change a file or folder: chattr(1).
func markOf(path string) (mark, letter string) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	switch {
	case err == nil && flags&unix.STATX_ATTR_IMMUTABLE != 0:
		return "immutable", "i"
	case err == nil && flags&unix.STATX_ATTR_APPEND != 0:
		return "append-only", "a"
	}
	return "", ""
}
