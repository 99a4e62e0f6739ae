package store

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"rondo/backend/errs"
)

// BadSector reports whether the disk could not read a part of a file, which it will hardly
// do the next time either.
func BadSector(err error) bool {
	var at *fs.PathError
	return errors.Is(err, syscall.EIO) && errors.As(err, &at) && at.Op == "read"
}

func sectorError(err error) error {
	var at *fs.PathError
	errors.As(err, &at)
	return errs.New(errs.Unavailable, "the disk cannot read a part of the project: %w", at).
		WithHint("copy what you can to another disk and replace this one; `rondo data repair` brings back what a remote or (--from) another copy of the project has, and who still has the data takes its snapshot again")
}

// unread says which object of a file it is that the disk cannot read.
func unread(i Info, err error) error {
	if !BadSector(err) {
		return err
	}
	return errs.New(errs.KindOf(err), "object %s in %s cannot be read: %w", i.Digest.Short(), filepath.ToSlash(i.File), err).
		WithHint("%s", errs.HintOf(err))
}
