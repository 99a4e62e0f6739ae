package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// bypass lets writes go past the system's memory of files, or through it again (O_DIRECT, open(2)).
func bypass(f *os.File, past bool) error {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return err
	}
	if past {
		flags |= unix.O_DIRECT
	} else {
		flags &^= unix.O_DIRECT
	}
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETFL, flags)
	return err
}

// refusesBypass reports whether a file system only now says that it has no way past.
func refusesBypass(err error) bool { return errors.Is(err, unix.EINVAL) }
