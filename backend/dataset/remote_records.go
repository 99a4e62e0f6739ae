package dataset

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
)

// noteAll writes down that the remote has the snapshots, once all of them are there.
func (f *there) noteAll(ctx context.Context, group []Snapshot, x *Exchanged) error {
	var mu sync.Mutex
	return sideBySide(ctx, len(group), func(ctx context.Context, i int) error {
		of := group[i]
		of.Fetched = nil // what is here of it is no matter of the remote
		fresh, err := f.Note(ctx, of.ID, of)
		mu.Lock()
		defer mu.Unlock()
		if fresh {
			x.New++
		}
		switch {
		case err != nil:
		case group[i].InPart():
			x.InPart++
		default:
			x.Snapshots++
		}
		return err
	})
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
	err := sideBySide(ctx, len(names), func(ctx context.Context, i int) error {
		snap, err := f.read(ctx, names[i])
		mu.Lock()
		defer mu.Unlock()
		if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.Denied) || notFound(err) {
			return bad(names[i], err)
		}
		all[i] = snap
		return err
	})
	if err != nil {
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
