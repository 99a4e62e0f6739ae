//go:build unix

package dvc_test

import (
	"io/fs"
	"syscall"
)

// kindOf tells copies from links to the cache, and what may be written or run.
func kindOf(info fs.FileInfo) string {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Nlink > 1 {
		return info.Mode().String() + " linked"
	}
	return info.Mode().String()
}
