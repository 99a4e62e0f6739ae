package git

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/index"

	"rondo/backend/errs"
)

// seenIndex is the index as it was read, without git's lock on it.
type seenIndex struct {
	index *index.Index
	text  []byte // of the file
}

// seeIndex reads the index, unless another git command has its lock.
func (r *Repo) seeIndex() (*seenIndex, error) {
	at := filepath.Join(r.gitDir, "index")
	if r.isLocked(at) {
		return nil, busyIndex(at)
	}
	text, err := os.ReadFile(at)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.Unavailable, "the git repository cannot be read: %w", err)
	}
	x, err := r.repo.Storer.Index()
	if err != nil {
		return nil, otherIndex(err)
	}
	return &seenIndex{x, text}, nil
}

const replaceTries = 50 // with a tenth of a second between them

// replaceIndex makes the index another one, of what it is. Git's lock is there for a moment
// only, with the new index in it, so that who is killed hardly ever leaves one; where another
// command has changed the index meanwhile, change is asked again.
func (r *Repo) replaceIndex(ctx context.Context, change func(now *index.Index)) error {
	for try := 1; ; try++ {
		err := r.tryReplace(change)
		if err == nil || !errs.Is(err, errs.Unavailable) || try == replaceTries {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func (r *Repo) tryReplace(change func(now *index.Index)) error {
	at := filepath.Join(r.gitDir, "index")
	was, err := r.seeIndex()
	if err != nil {
		return err
	}
	change(was.index)
	b, err := encoded(was.index)
	if err != nil {
		return err
	}
	l, err := r.take(at, b)
	if errors.Is(err, fs.ErrExist) {
		return busyIndex(at)
	}
	if err != nil {
		return errs.New(errs.Unavailable, "git's index cannot be written: %w", err).WithHint("see whether the disk is full, and do it again")
	}
	defer l.Close()
	if now, err := os.ReadFile(at); err != nil && !errors.Is(err, fs.ErrNotExist) || !bytes.Equal(now, was.text) {
		return busyIndex(at)
	}
	if err := l.replace(); err != nil {
		return errs.New(errs.Unavailable, "git's index cannot be written: %w", err)
	}
	return nil
}
