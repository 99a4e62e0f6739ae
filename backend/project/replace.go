package project

import (
	"errors"
	"io/fs"
	"os"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Replace writes rondo.yaml. It is refused where the text is no project file, and where the
// file is not what it was when it was read to be changed: what another hand wrote meanwhile stays.
func (p *Project) Replace(text, was string) error {
	if err := p.Writable(); err != nil {
		return err
	}
	if _, err := Parse(FileName, []byte(text)); err != nil {
		return err
	}
	path := p.Path(FileName)
	if err := p.still(path, was); err != nil {
		return err
	}
	if err := atomicfile.Replace(p.Path(TemporaryDir), path, []byte(text), perm(path)); err != nil {
		return errs.New(errs.Unavailable, "write %s: %w", FileName, err).WithHint("make room, or give yourself the right to write there")
	}
	return nil
}

// still returns an error unless the file is one, and holds what it held.
func (p *Project) still(path, was string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) && was == "" {
		return nil
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return errs.New(errs.Precondition, "%s is a link to another file", FileName).WithHint("change the file that it leads to")
	}
	now, err := readLimited(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(now) != was {
		return errs.New(errs.Conflict, "%s was changed meanwhile by somebody else", FileName).
			WithHint("copy what you wrote, look at what it says now, and put your change in again")
	}
	return nil
}
