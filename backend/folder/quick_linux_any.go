//go:build linux && !amd64 && !arm64

package folder

import "golang.org/x/sys/unix"

func (d *Dir) fstatat(name string, st *unix.Stat_t) error {
	return unix.Fstatat(d.fd, name, st, unix.AT_SYMLINK_NOFOLLOW)
}

func (d *Dir) openat(name string, flags int) (int, error) { return unix.Openat(d.fd, name, flags, 0) }

func (d *Dir) fstat(fd int, st *unix.Stat_t) error { return unix.Fstat(fd, st) }

func (d *Dir) closeFile(fd int) { unix.Close(fd) }
