package store

import (
	"context"

	"rondo/backend/ref"
)

// ReceiveTree copies what s lacks of the objects that a tree is written in, each level once
// the one above it is here, and no content of its files.
func (s *Store) ReceiveTree(ctx context.Context, f *Far, root ref.Digest) (m Moved, err error) {
	receive := func(ctx context.Context, wave []ref.Digest) (map[ref.Digest][]byte, error) {
		n, err := s.Receive(ctx, f, wave)
		m.Add(n)
		if err != nil {
			return nil, err
		}
		return fromAny(ctx, wave, []Source{s.TreeSource, f.TreeSource})
	}
	err = eachLevel(ctx, root, receive, func(ref.Digest, *node) {})
	return m, err
}
