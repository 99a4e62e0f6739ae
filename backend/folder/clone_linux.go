package folder

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Clone lets dst, which is empty, hold what src holds without copying it: both share their
// blocks until one is written to (ioctl_ficlone(2)). Where the file system has no such
// thing, or the two lie in different ones, it is errors.ErrUnsupported.
func Clone(dst, src *os.File) error {
	for {
		err := unix.IoctlFileClone(int(dst.Fd()), int(src.Fd()))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOTTY), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL),
			errors.Is(err, unix.EXDEV), errors.Is(err, unix.EPERM), errors.Is(err, unix.ETXTBSY):
			return errors.ErrUnsupported
		}
		return err
	}
}
