package atomicfile

import (
	"errors"
	"math"
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

// inMemory reports whether the system has most of a part of a file in memory (cachestat(2),
// Linux 6.5); also where it does not say.
func inMemory(f *os.File, at int64, n int) bool {
	var has unix.Cachestat_t
	err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{Off: uint64(at), Len: uint64(n)}, &has, 0)
	return err != nil || has.Cache*uint64(os.Getpagesize()) >= uint64(n)/2
}

// readAt is one pread(2), which unlike os.File.ReadAt does not go on in the middle of a part.
func readAt(f *os.File, b []byte, at int64) (n int, err error) {
	for {
		if n, err = unix.Pread(int(f.Fd()), b, at); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// crowd is an eighth of all memory.
func crowd() int64 {
	var m unix.Sysinfo_t
	if unix.Sysinfo(&m) != nil {
		return math.MaxInt64
	}
	return int64(uint64(m.Totalram) * uint64(m.Unit) / 8)
}
