package dataset

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

const recordsDir = "snapshots"

// note writes down that the remote has a snapshot, once all of it is there.
func (f *far) note(ctx context.Context, snap Snapshot, x *Exchanged) error {
	name := path.Join(recordsDir, snap.ID+".json")
	b, err := encodeRecord(snap)
	if err != nil {
		return err
	}
	if f.records[name] {
		old, err := remote.Read(ctx, f.r, name, maxRemoteRecord)
		if err == nil && string(old) == string(b) {
			return nil
		}
	} else {
		x.New++
	}
	err = remote.Again(ctx, func() error { return f.r.Replace(ctx, name, remote.Content(b)) })
	if err == nil {
		err = f.givesBack(ctx, name, string(b))
	}
	return f.blame(err)
}

// givesBack sees that a record is there as it was written, perhaps some time after that.
func (f *far) givesBack(ctx context.Context, name, text string) error {
	other := false
	err := remote.Again(ctx, func() error {
		now, err := remote.Read(ctx, f.r, name, maxRemoteRecord)
		if other = notFound(err) || err == nil && string(now) != text; other {
			return errs.New(errs.Unavailable, "%s is not there yet", name)
		}
		return err
	})
	if other && ctx.Err() == nil {
		return errs.New(errs.Corrupt, "%s does not give back what was written to it", name).WithHint("see whether its disk is well, then push again")
	}
	return err
}

const maxRemoteRecord = 1 << 20

// readable is snapshots that goes on without the records which cannot be read; unread then
// names them.
func (f *far) readable(ctx context.Context, datasets []string) ([]Snapshot, error) {
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
func (f *far) snapshots(ctx context.Context, datasets []string) ([]Snapshot, error) {
	return f.snapshotsBut(ctx, datasets, func(_ string, err error) error { return err })
}

// snapshotsBut is snapshots that asks bad, one at a time, about a record that is damaged, may
// not be read or is only listed, and goes on without it where that returns nil.
func (f *far) snapshotsBut(ctx context.Context, datasets []string, bad func(name string, err error) error) ([]Snapshot, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(f.records)) { // ids sort by time
		if _, ok := idOf(path.Base(name)); ok {
			names = append(names, name)
		}
	}
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
func (f *far) orUnread(err error) error {
	if !notFound(err) || len(f.unread) == 0 {
		return err
	}
	return errs.New(errs.Corrupt, "%w; but %s cannot be read, so that it may be there", err, f.unreadNames()).WithHint("%s", f.unread[0].Hint)
}

func (f *far) unreadNames() string {
	names := make([]string, len(f.unread))
	for i, p := range f.unread {
		names[i] = p.File
	}
	return enumerate(names, maxWork)
}

func idOf(name string) (string, bool) {
	const suffix = ".json"
	if len(name) != 32+len(suffix) || name[32:] != suffix {
		return "", false
	}
	_, err := hex.DecodeString(name[:32])
	return name[:32], err == nil
}

func (f *far) read(ctx context.Context, name string) (snap Snapshot, err error) {
	b, err := remote.Read(ctx, f.r, name, maxRemoteRecord)
	if err != nil && !errs.Is(err, errs.TooLarge) {
		return snap, f.blame(err)
	}
	if err == nil {
		snap, err = decodeRecord(b)
	}
	if err == nil {
		err = checkName(snap.Dataset)
	}
	if err == nil {
		_, err = cleanPath(snap.Path)
	}
	if err == nil && (snap.Number < 1 || snap.Tree.IsZero()) {
		err = errors.New("it names no content")
	}
	if err != nil {
		return snap, errs.New(errs.Corrupt, "%s of the remote %s is no snapshot: %w", name, f.Name, err).
			WithHint("push again from a project that has it, or remove the file")
	}
	snap.ID, _ = idOf(path.Base(name))
	snap.Fetched = nil
	return snap, nil
}
