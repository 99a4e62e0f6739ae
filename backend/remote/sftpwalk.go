package remote

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/sync/errgroup"

	"rondo/backend/atomicfile"
)

// sftpWalk lists a folder and those in it, the ones of a level side by side: each takes
// several round trips.
type sftpWalk struct {
	s  *overSSH
	c  *sftp.Client
	fn func(Blob) error

	mu    sync.Mutex
	ended error // what fn has returned: it is called no more
}

func (w *sftpWalk) below(ctx context.Context, under string) error {
	for level := []string{under}; len(level) > 0; {
		var mu sync.Mutex
		var next []string
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(SideBySide)
		for _, folder := range level {
			g.Go(func() error {
				in, err := w.folder(ctx, folder)
				mu.Lock()
				defer mu.Unlock()
				next = append(next, in...)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		level = next
	}
	return nil
}

// folder tells of the blobs of a folder, and returns the folders in it.
func (w *sftpWalk) folder(ctx context.Context, under string) (folders []string, err error) {
	entries, err := w.c.ReadDirContext(ctx, w.s.at(under))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := path.Join(under, e.Name())
		switch {
		case checkName(name) != nil:
		case e.IsDir():
			folders = append(folders, name)
		case !e.Mode().IsRegular():
		case temporary(e.Name()):
			if time.Since(e.ModTime()) > abandoned && atomicfile.IsTemporary(e.Name()) {
				_ = w.c.Remove(w.s.at(name))
			}
		default:
			err = w.tell(ctx, Blob{name, e.Size()})
		}
		if err != nil {
			return nil, err
		}
	}
	return folders, nil
}

func (w *sftpWalk) tell(ctx context.Context, b Blob) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil && ctx.Err() == nil {
		w.ended = w.fn(b)
	}
	if w.ended != nil {
		return w.ended
	}
	return ctx.Err()
}
