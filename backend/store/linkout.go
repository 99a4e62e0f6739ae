package store

import (
	"errors"
	"os"
	"path/filepath"

	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

// Cloned lets f, which is new, hold the content by sharing the object's blocks, once that
// is verified. It reports false where that cannot be, and has then written nothing.
func (c Content) Cloned(f *os.File) (bool, error) {
	path := c.wholeFile()
	if path == "" {
		return false, nil
	}
	src, err := os.Open(path)
	if err != nil {
		return false, nil // it was cut into chunks meanwhile
	}
	defer src.Close()
	if err := fault.Check("clone"); err != nil {
		return false, diskError(err)
	}
	if err := folder.Clone(f, src); errors.Is(err, errors.ErrUnsupported) {
		return false, nil
	} else if err != nil {
		return false, diskError(err)
	}
	return true, c.verify(src)
}

// verify reads an open object that is a file of its own.
func (c Content) verify(f *os.File) error {
	d, _, err := HashOpen(c.ctx, f)
	if err == nil && d != c.d {
		err = c.s.verifyOne(c.ctx, c.d) // which says what is wrong
		if err == nil {
			err = corrupt(c.d, objectName(c.d), "its content has digest "+d.Short())
		}
		c.s.suspectIf(c.d, err)
	}
	return err
}

// Linkable returns the name of the object's file, relative to the store, once its content
// is verified; it is empty where the object is no file of its own.
func (c Content) Linkable() (name string, err error) {
	path := c.wholeFile()
	if path == "" {
		return "", nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", nil // it was cut into chunks meanwhile
	}
	defer f.Close()
	return objectName(c.d), c.verify(f)
}

// wholeFile is the path of an object that is a file of its own and as it is.
func (c Content) wholeFile() string {
	if c.whole != nil {
		return ""
	}
	if _, packed := c.s.entry(c.d); packed {
		return ""
	}
	info, err := c.s.whole(c.d)
	if err != nil || filepath.Ext(info.File) == zst {
		return ""
	}
	return filepath.Join(c.s.dir, info.File)
}

// IsLinked reports whether a file that looks like this is the object itself, under another
// name: a hard link.
func (s *Store) IsLinked(d ref.Digest, looks Stamp) bool { return s.sameAsWhole(d, looks) }
