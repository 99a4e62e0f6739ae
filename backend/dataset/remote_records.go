package dataset

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
)

// note writes down that the remote has a snapshot, once all of it is there.
func (f *there) note(ctx context.Context, snap Snapshot, x *Exchanged) error {
	snap.Fetched = nil // what is here of it is no matter of the remote
	fresh, err := f.Note(ctx, snap.ID, snap)
	if fresh {
		x.New++
	}
	return err
}

// readable is snapshots that goes on without the records which cannot be read; unread then
// names them.
func (f *there) readable(ctx context.Context, datasets []string) ([]Snapshot, error) {
	f.unread = []FarProblem{}
	list, err := f.snapshotsBut(ctx, datasets, func(name string, err error) error {
		f.unread = append(f.unread, farProblem(name, err))
		return nil
	})
	slices.SortFunc(f.unread, func(a, b FarProblem) int { return strings.Compare(a.File, b.File) })
	return list, err
}

// snapshots reads what the remote has of the datasets, oldest first. What comes from
// there is checked as what a person types.
func (f *there) snapshots(ctx context.Context, datasets []string) ([]Snapshot, error) {
	return f.snapshotsBut(ctx, datasets, func(_ string, err error) error { return err })
}

// snapshotsBut is snapshots that asks bad, one at a time, about a record that is damaged, may
// not be read or is only listed, and goes on without it where that returns nil.
func (f *there) snapshotsBut(ctx context.Context, datasets []string, bad func(name string, err error) error) ([]Snapshot, error) {
	names := f.Records()
	all := make([]Snapshot, len(names))
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, name := range names {
		g.Go(func() error {
			snap, err := f.read(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.Denied) || notFound(err) {
				return bad(name, err)
			}
			all[i] = snap
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(s Snapshot) bool {
		return s.ID == "" || len(datasets) > 0 && !slices.Contains(datasets, s.Dataset)
	}), nil
}

// orUnread says of something that the remote seems not to have that a record which cannot be
// read may be of it.
func (f *there) orUnread(err error) error {
	if !notFound(err) || len(f.unread) == 0 {
		return err
	}
	return errs.New(errs.Corrupt, "%w; but %s cannot be read, so that it may be there", err, f.unreadNames()).WithHint("%s", f.unread[0].Hint)
}

func (f *there) unreadNames() string {
	names := make([]string, len(f.unread))
	for i, p := range f.unread {
		names[i] = p.File
	}
	return enumerate(names, maxWork)
}

func (f *there) read(ctx context.Context, name string) (snap Snapshot, err error) {
	err = f.Record(ctx, name, &snap, func() error {
		_, err := cleanPath(snap.Path)
		switch bad := checkName(snap.Dataset); {
		case bad != nil:
			return bad
		case err != nil:
			return err
		case snap.Number < 1 || snap.Tree.IsZero():
			return errors.New("it names no content")
		}
		return nil
	})
	snap.ID, _ = far.ID(name)
	snap.Fetched = nil
	return snap, err
}
