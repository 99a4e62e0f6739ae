//go:build amd64 || arm64

package folder

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is asked of the system for every file is asked without a word to Go's scheduler where
// the folder is local: that word costs a third of such a call. Others wait for the processor
// meanwhile, so it is for what a disk of this machine answers at once, which a read is not.
//
// A zero follows the names in memory, as it does those that were listed or remembered. They
// are not copied, which for a million files is a third of what we do beside the calls.

func (d *Dir) fstatat(name string, st *unix.Stat_t) error {
	var e unix.Errno
	if d.local {
		_, _, e = unix.RawSyscall6(sysFstatat, uintptr(d.fd), uintptr(unsafe.Pointer(unsafe.StringData(name))), uintptr(unsafe.Pointer(st)), unix.AT_SYMLINK_NOFOLLOW, 0, 0)
	} else {
		_, _, e = unix.Syscall6(sysFstatat, uintptr(d.fd), uintptr(unsafe.Pointer(unsafe.StringData(name))), uintptr(unsafe.Pointer(st)), unix.AT_SYMLINK_NOFOLLOW, 0, 0)
	}
	return failed(e)
}

func (d *Dir) openat(name string, flags int) (int, error) {
	var fd uintptr
	var e unix.Errno
	if d.local {
		fd, _, e = unix.RawSyscall6(unix.SYS_OPENAT, uintptr(d.fd), uintptr(unsafe.Pointer(unsafe.StringData(name))), uintptr(flags), 0, 0, 0)
	} else {
		fd, _, e = unix.Syscall6(unix.SYS_OPENAT, uintptr(d.fd), uintptr(unsafe.Pointer(unsafe.StringData(name))), uintptr(flags), 0, 0, 0)
	}
	return int(fd), failed(e)
}

func (d *Dir) fstat(fd int, st *unix.Stat_t) error {
	if !d.local {
		return unix.Fstat(fd, st)
	}
	_, _, e := unix.RawSyscall(unix.SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(st)), 0)
	return failed(e)
}

func (d *Dir) closeFile(fd int) {
	if d.local {
		unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
	} else {
		unix.Close(fd)
	}
}

// failed makes no error, which would not be nil, of what went well.
func failed(e unix.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}
