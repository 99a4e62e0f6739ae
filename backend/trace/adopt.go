package trace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Seal seals the attachments that have no seal, as they are now; with accept also those that
// differ from theirs. It returns how many, and those that differ and stay so, by their paths in .rondo.
func (s *Service) Seal(ctx context.Context, accept bool) (n int, damaged []string, err error) {
	top := filepath.Join(s.opts.Dir, ".rondo", "traces")
	all, err := os.ReadDir(top)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil, nil
	}
	for _, e := range all {
		if !e.IsDir() || !folderShape().MatchString(e.Name()) {
			continue
		}
		done, bad, err := s.sealOne(ctx, filepath.Join(top, e.Name()), accept)
		for _, name := range bad {
			damaged = append(damaged, path.Join("traces", e.Name(), attachmentsDir, name))
		}
		if n += done; err != nil {
			return n, damaged, fileError(err)
		}
	}
	return n, damaged, fileError(err)
}

func (s *Service) sealOne(ctx context.Context, dir string, accept bool) (n int, damaged []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, nil, err
	}
	defer root.Close()
	n, r, err := s.seals.Adopt(ctx, root, attachmentsDir, "", accept)
	for _, bad := range r.Bad {
		if !accept {
			damaged = append(damaged, bad.Name)
		}
	}
	return n, damaged, err
}
