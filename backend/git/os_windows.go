package git

import (
	"io/fs"
	"syscall"
)

// errNotDir is what a path through a file gives.
const errNotDir = syscall.ENOTDIR

// executable keeps what the repository says: Windows files have no such bit.
func executable(_ fs.FileMode, was bool) bool { return was }

const (
	nativeCRLF  = true
	nativeModes = false
)
