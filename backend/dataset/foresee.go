package dataset

import (
	"context"
	"io/fs"
	"path/filepath"
	"time"
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
	files, size := int64(0), int64(0)
	err := filepath.WalkDir(s.full(at), func(_ string, e fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil || e.IsDir() {
			return ctx.Err() // what cannot be read is told by who takes the snapshot
		}
		if info, err := e.Info(); err == nil {
			files, size = files+1, size+info.Size()
		}
		return nil
	})
	if err == nil {
		of.set(files, size)
	}
}
