package dataset

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"path"
	"slices"
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
	if err := f.r.Replace(ctx, name, remote.Content(b)); err != nil {
		return f.blame(err)
	}
	now, err := remote.Read(ctx, f.r, name, maxRemoteRecord)
	if err == nil && string(now) != string(b) {
		err = errs.New(errs.Corrupt, "%s does not give back what was written to it", name).WithHint("see whether its disk is well, then push again")
	}
	return f.blame(err)
}

const maxRemoteRecord = 1 << 20

// snapshots reads what the remote has of the datasets, oldest first. What comes from
// there is checked as what a person types.
func (f *far) snapshots(ctx context.Context, datasets []string) ([]Snapshot, error) {
	return f.snapshotsBut(ctx, datasets, func(_ string, err error) error { return err })
}

// snapshotsBut is snapshots that asks bad, one at a time, about a record that is damaged or
// may not be read, and goes on without it where that returns nil.
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
			if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.Denied) {
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
