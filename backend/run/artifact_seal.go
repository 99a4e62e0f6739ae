package run

import (
	"context"
	"io"
	"os"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/seals"
)

// take writes the content durably under a temporary name, and its seal beside it. Nobody else gives a file
// the name before leave is called.
func (s *Service) take(ctx context.Context, root *os.Root, name, temp string, r io.Reader) (leave func(), err error) {
	f, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, s.received(err)
	}
	defer f.Close() // it is synced
	h := seals.NewHash()
	if _, err := atomicfile.Copy(ctx, f, io.TeeReader(r, h), s.opts.MaxArtifact); err != nil {
		return nil, s.received(err)
	}
	leave, err = s.seals.Sync(root, seals.File{Name: name, Seal: h.Seal()}, f)
	return leave, s.received(err)
}

// CheckArtifacts reads what an owner has at a path, a file or a folder, and names the first that
// is not what came. Who passes files on without OpenArtifact asks first.
func (s *Service) CheckArtifacts(ctx context.Context, owner, name string) error {
	root, err := s.folder(ctx, owner, false)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	r, err := seals.Check(ctx, root, artifactsDir, name)
	if err != nil {
		return diskError(err)
	}
	return errs.Wrap(errs.Corrupt, r.First(), "the artifacts of %s", owner)
}
