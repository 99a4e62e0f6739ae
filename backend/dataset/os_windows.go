package dataset

import (
	"path/filepath"
	"syscall"
)

// errNotDir is what a path through a file gives.
const errNotDir = syscall.ENOTDIR

// rename goes through the root: Windows has no rename between open folders.
func (m *mover) rename(name, at string) error {
	from, err := filepath.Rel(m.root.Name(), filepath.Join(m.from.Name(), name))
	if err != nil {
		return err
	}
	return m.root.Rename(filepath.ToSlash(from), at)
}
