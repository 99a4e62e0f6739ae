//go:build darwin || freebsd || netbsd

package folder

import (
	"io/fs"
	"syscall"
)

func system(fi fs.FileInfo) (ctime int64, inode uint64) {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return st.Ctimespec.Nano(), uint64(st.Ino)
	}
	return 0, 0
}
