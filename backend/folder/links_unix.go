//go:build unix

package folder

import (
	"io/fs"
	"syscall"
)

// Links says how many names a file has.
func Links(fi fs.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Nlink)
	}
	return 1
}
