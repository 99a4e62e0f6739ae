package dataset

import (
	"context"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// FilesPage is a part of the files of a snapshot, in the order of their paths.
type FilesPage struct {
	Files  []store.TreeFile `json:"files"`
	Offset int64            `json:"offset"`
	Total  int64            `json:"total"` // that are as asked for
}

const maxFilesPage = 10_000

// FilesPage returns up to limit files, at most 10,000, from offset on, of those in whose path
// find occurs in large or small letters; all if it is empty.
func (s *Service) FilesPage(ctx context.Context, snap Snapshot, find string, offset int64, limit int) (FilesPage, error) {
	out := FilesPage{Files: []store.TreeFile{}, Offset: offset}
	if offset < 0 || limit < 1 || limit > maxFilesPage {
		return out, errs.New(errs.Invalid, "want an offset from 0 up and a limit from 1 to %d", maxFilesPage)
	}
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return out, err
	}
	if find == "" {
		out.Total = l.Files
		out.Files, err = l.Slice(ctx, offset, limit)
		return out, err
	}
	return out, out.search(ctx, l, strings.ToLower(find), limit)
}

// search goes through all paths.
func (out *FilesPage) search(ctx context.Context, l *store.Listing, find string, limit int) error {
	for page, err := range l.Pages(ctx) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		for _, f := range page {
			if !strings.Contains(strings.ToLower(f.Path), find) {
				continue
			}
			if out.Total++; out.Total > out.Offset && len(out.Files) < limit {
				out.Files = append(out.Files, f)
			}
		}
	}
	return nil
}
