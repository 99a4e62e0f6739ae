package run

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/proc"
	"rondo/backend/run/seal"
)

// Sealed is what sealing did and found.
type Sealed struct {
	Files   int      `json:"files"`   // that were sealed now
	Damaged []string `json:"damaged"` // that are not what was sealed, and were not accepted: paths in .rondo
}

// Add adds what another part of the project says.
func (s *Sealed) Add(other Sealed) {
	s.Files += other.Files
	s.Damaged = append(s.Damaged, other.Damaged...)
}

// Seal seals what owners have that has no seal, as it is now: files that an older Rondo or a
// hand put there, and folders of runs that ended. Accept does so with what differs from its
// seal too. No owners are all.
func (s *Service) Seal(ctx context.Context, owners []string, accept bool) (out Sealed, err error) {
	out.Damaged = []string{}
	if len(owners) == 0 {
		if owners, err = folders(s.runs); err != nil {
			return out, diskError(err)
		}
	} else if err := s.allKnown(ctx, owners); err != nil {
		return out, err
	}
	for _, id := range owners {
		one, err := s.sealOne(ctx, id, accept)
		if out.Add(one); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *Service) allKnown(ctx context.Context, owners []string) error {
	for _, id := range owners {
		root, err := s.folder(ctx, id, false)
		if err != nil {
			return err
		}
		root.Close()
	}
	return nil
}

// folders lists the folders in a folder.
func folders(dir string) (names []string, err error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range all {
		if e.IsDir() && checkID("run", e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (s *Service) sealOne(ctx context.Context, id string, accept bool) (out Sealed, err error) {
	root, err := os.OpenRoot(s.Dir(id))
	if err != nil {
		return out, diskError(err)
	}
	defer root.Close()
	n, r, err := s.seals.Adopt(ctx, root, artifactsDir, "", accept)
	out.Files = n
	if err != nil {
		return out, diskError(err)
	}
	if !accept {
		for _, bad := range r.Bad {
			out.Damaged = append(out.Damaged, path.Join("runs", id, artifactsDir, bad.Name))
		}
	}
	files, damaged, err := s.sealFolder(ctx, id, accept)
	out.Files += files
	for _, name := range damaged {
		out.Damaged = append(out.Damaged, path.Join("runs", id, name))
	}
	return out, err
}

// sealFolder seals the files of a run that Rondo started and that has ended.
func (s *Service) sealFolder(ctx context.Context, id string, accept bool) (n int, damaged []string, err error) {
	dir := s.Dir(id)
	if _, err := proc.ReadExit(dir); errs.Is(err, errs.NotFound) {
		return 0, nil, nil
	}
	had, err := seal.Check(ctx, dir, func(name, _ string) { damaged = append(damaged, name) })
	if err != nil || had > 0 && (len(damaged) == 0 || !accept) {
		return 0, damaged, err
	}
	if err := os.Remove(filepath.Join(dir, seal.FileName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, nil, diskError(err)
	}
	if err := seal.Write(ctx, dir); err != nil {
		return 0, nil, err
	}
	n, err = seal.Check(ctx, dir, func(string, string) {})
	return max(0, n-1), nil, err
}
