package dataset

import (
	"context"
	"time"

	"rondo/backend/folder"
)

const soon = time.Second // work that is done by then needs no estimate

// foresee counts what lies at a path, for work that no snapshot before tells the size of. It begins
// where that takes longer than a moment, and ends at the latest when stop is called.
func (s *Service) foresee(ctx context.Context, at string, of *total) (stop func()) {
	if s.opts.Progress == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-ctx.Done():
		case <-time.After(soon):
			s.measure(ctx, at, of)
		}
	}()
	return func() { cancel(); <-ended }
}

// measure tells the total once all is counted: a part of it would say that little is left.
func (s *Service) measure(ctx context.Context, at string, of *total) {
	if fi, err := s.root.Lstat(at); err == nil && !fi.IsDir() {
		of.set(1, fi.Size())
		return
	}
	files, size := int64(0), int64(0)
	rules, err := folder.RulesAbove(s.root, at)
	if err != nil {
		return // what is wrong is told by who takes the snapshot
	}
	err = folder.Walk(ctx, s.full(at), nil, rules, func(b *folder.Batch) error {
		defer b.Release()
		for _, look := range b.Stamps {
			files, size = files+1, size+look.Size
		}
		return ctx.Err()
	})
	if err == nil {
		of.set(files, size)
	}
}
