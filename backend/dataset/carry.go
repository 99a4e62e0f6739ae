package dataset

import (
	"context"

	"rondo/backend/store"
)

// Carry takes a snapshot of what another tool has kept of a dataset for a commit: its
// content lies at a path of the project that is not the dataset's own, and neither the
// dataset's files nor its pointer change. Content that a snapshot has already is that one.
func (s *Service) Carry(ctx context.Context, name, at string, of Git, message string) (snap Snapshot, fresh bool, err error) {
	d, err := s.Get(ctx, name)
	if err != nil {
		return snap, false, err
	}
	defer s.lock(name)()
	m := s.memory(name + "\x00carried")
	defer m.close()
	c, err := s.take(ctx, m, at, &store.Count{}, true)
	if err == nil {
		err = s.opts.Store.Settle(ctx)
	}
	if err != nil {
		return snap, false, err
	}
	if old, err := s.withContent(ctx, d, c); err == nil || !notFound(err) {
		return old, false, err
	}
	snap, err = s.record(ctx, d, c, nil, Take{Message: message, git: &of})
	return snap, err == nil, err
}
