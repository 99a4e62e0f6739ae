//go:build unix

package git

import (
	"io/fs"
	"syscall"
)

// errNotDir is what a path through a file gives.
const errNotDir = syscall.ENOTDIR

// executable reports whether the mode lets anybody run the file.
func executable(m fs.FileMode, _ bool) bool { return m&0o111 != 0 }
