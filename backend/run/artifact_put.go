package run

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// PutArtifact stores a file durably and replaces what was there.
func (s *Service) PutArtifact(ctx context.Context, owner, name string, r io.Reader) (File, error) {
	if err := checkPath(name); err != nil {
		return File{}, err
	}
	root, err := s.folder(ctx, owner, true)
	if err != nil {
		return File{}, err
	}
	defer root.Close()
	s.tidyOnce(owner, root)
	temp := path.Join(incomingDir, ref.NewID())
	if err := root.MkdirAll(incomingDir, 0o755); err != nil {
		return File{}, diskError(err)
	}
	defer root.Remove(temp) // fails where it got its name
	leave, err := s.take(ctx, root, name, temp, r)
	if err != nil {
		return File{}, err
	}
	defer leave()
	return s.place(root, temp, owner, name)
}

// receive writes the content durably under a temporary name.
func (s *Service) receive(ctx context.Context, root *os.Root, temp string, r io.Reader) error {
	_, err := atomicfile.Receive(ctx, root, temp, r, s.opts.MaxArtifact)
	return s.received(err)
}

// received says what kept an artifact from arriving.
func (s *Service) received(err error) error {
	var unsent *atomicfile.Unsent
	switch {
	case err == nil || errs.KindOf(err) != errs.Internal:
		return err
	case errors.Is(err, atomicfile.ErrTooLong):
		return errs.New(errs.TooLarge, "an artifact has at most %d bytes", s.opts.MaxArtifact)
	case errors.As(err, &unsent):
		return errs.New(errs.Invalid, "the artifact did not arrive whole: %w", unsent)
	}
	return diskError(err)
}

// place gives a whole file its name and makes the name durable.
func (s *Service) place(root *os.Root, temp, owner, name string) (File, error) {
	at := path.Join(artifactsDir, name)
	made, err := s.durable.make(root, path.Dir(at))
	if err != nil {
		return File{}, blocked(err, owner, name)
	}
	if info, err := root.Lstat(at); err == nil && !info.Mode().IsRegular() {
		return File{}, errs.New(errs.Conflict, "artifact %.200q of %s is a folder already", name, owner).WithHint("choose another name, or delete the folder")
	}
	replaced := atomicfile.Replacing(root, at)
	err = root.Rename(temp, at)
	replaced()
	if err != nil {
		return File{}, blocked(err, owner, name)
	}
	if err := errors.Join(atomicfile.SyncDirIn(root, path.Dir(at)), s.durable.sync(root, made)); err != nil {
		return File{}, diskError(err)
	}
	if err := s.seals.Placed(root, name); err != nil {
		return File{}, diskError(err)
	}
	info, err := root.Stat(at)
	if err != nil {
		return File{}, outside(err, owner, name)
	}
	return fileOf(name, info), nil
}

func blocked(err error, owner, name string) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
		return errs.New(errs.Conflict, "artifact %.200q of %s goes through a name that is a file", name, owner).WithHint("choose another name")
	}
	return outside(err, owner, name)
}
