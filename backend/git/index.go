package git

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/index"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// settled is the stage of a path without a merge conflict. (go-git's constant Merged is not.)
const settled index.Stage = 0

// indexLock is git's own lock on its index, taken the way git does.
type indexLock struct {
	*lock
	index *index.Index
}

func (r *Repo) lockIndex() (*indexLock, error) {
	at := filepath.Join(r.gitDir, "index")
	own, err := r.take(at, nil)
	if errors.Is(err, fs.ErrExist) {
		return nil, busyIndex(at)
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "the git repository cannot be written: %w", err)
	}
	l := &indexLock{lock: own}
	if l.index, err = r.repo.Storer.Index(); err != nil {
		l.Close()
		return nil, otherIndex(err)
	}
	return l, nil
}

func otherIndex(err error) error {
	return errs.New(errs.Precondition, "the index of this repository has a form that Rondo does not write: %w", err).
		WithHint("commit the .snap files with git itself")
}

func (l *indexLock) save(files []change) error {
	for _, f := range files {
		l.makeWay(f.name)
		e := l.index.Add(f.name)
		e.Hash, e.Mode, e.Stage = f.hash, f.mode, settled
		e.Size, e.ModifiedAt = uint32(f.info.Size()), f.info.ModTime()
		e.CreatedAt = time.Unix(0, store.StampOf(f.info).Ctime)
	}
	b, err := encoded(l.index)
	if err != nil {
		return err
	}
	if err := l.write(b); err != nil {
		return err
	}
	return l.replace()
}

func encoded(x *index.Index) ([]byte, error) {
	x.Version = max(x.Version, 2)
	slices.SortFunc(x.Entries, func(a, b *index.Entry) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	if err := index.NewEncoder(&b).Encode(x); err != nil {
		return nil, fmt.Errorf("git index: %w", err)
	}
	return b.Bytes(), nil
}

// makeWay takes away what the index has of a path: all sides of a conflict, and what cannot
// be beside it, a file where it needs a folder and what lay in a folder where it is a file.
func (l *indexLock) makeWay(name string) {
	l.index.Entries = slices.DeleteFunc(l.index.Entries, func(e *index.Entry) bool {
		return e.Name == name || strings.HasPrefix(name, e.Name+"/") || strings.HasPrefix(e.Name, name+"/")
	})
}
