//go:build unix

package dataset

import (
	"path"
	"syscall"

	"golang.org/x/sys/unix"
)

// errNotDir is what a path through a file gives.
const errNotDir = syscall.ENOTDIR

// rename moves between two open folders, without walking to either again.
func (m *mover) rename(name, at string) error {
	return unix.Renameat(int(m.from.Fd()), name, int(m.to.Fd()), path.Base(at))
}
