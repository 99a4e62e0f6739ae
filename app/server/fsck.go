package server

import (
	"context"
	"path/filepath"

	"rondo/backend/fsck"
	"rondo/backend/store"
)

// path returns the place of something in this device's folder.
func (s *Server) path(elem ...string) string {
	return filepath.Join(append([]string{s.deviceDir}, elem...)...)
}

// Seal implements api.House.
func (s *Server) Seal(context.Context) error { return s.project.Check() }

// Fsck implements api.House: it reads the project to the last byte, and compares
// what is shown with what the journal says. How far it is, is told as data.progress.
func (s *Server) Fsck(ctx context.Context) (fsck.Report, error) {
	count := &store.Count{}
	defer s.house.datasets.FollowAll("fsck", count)()
	return fsck.Check(ctx, s.project.Dir, fsck.Options{Nouns: s.house.nouns(), Dump: s.house.ledger.Dump, Count: count})
}
