package dataset

import (
	"context"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/store"
)

const maxPast = 100 // snapshots in which paths are looked for that one lacks

// inPast adds to the error that a snapshot lacks some of the paths which other snapshot has them
// all, the newest of those: where a file was deleted, and that was kept, it names what brings it back.
func (s *Service) inPast(ctx context.Context, snap Snapshot, paths []string, err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	list, failed := s.Snapshots(ctx, snap.Dataset)
	if failed != nil {
		return err
	}
	for _, other := range list[:min(len(list), maxPast)] {
		l, failed := s.opts.Store.OpenListing(ctx, other.Tree)
		if failed == nil && other.ID != snap.ID && holdsAll(ctx, l, snap.Path, paths) {
			return errs.New(errs.NotFound, "%w", err).WithHint("%s is the newest snapshot that has it: name that one", other.Ref())
		}
	}
	return err
}

func holdsAll(ctx context.Context, l *store.Listing, base string, paths []string) bool {
	for _, given := range paths {
		one := path.Clean(filepath.ToSlash(given))
		if found, err := holds(ctx, l, one, strings.TrimPrefix(one, base+"/")); err != nil || found == "" {
			return false
		}
	}
	return true
}
