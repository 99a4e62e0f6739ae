//go:build unix

package git

import (
	"io/fs"
	"syscall"
)

// errNotDir is what a path through a file gives.
const errNotDir = syscall.ENOTDIR

// executable reports whether the mode lets the owner run the file, which is what git asks.
func executable(m fs.FileMode, _ bool) bool { return m&0o100 != 0 }

const (
	nativeCRLF  = false // text has LF here
	nativeModes = true  // files have a bit for being executable
)
