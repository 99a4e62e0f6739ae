package dataset

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/project"
	"rondo/backend/store"
)

// theirs is what the records of another project say of one dataset.
type theirs struct {
	snaps     map[string]*Snapshot // by id
	forgotten map[string]bool
	tags      map[string]string // ids by tag
	next      int
}

// findIn reads another project's records for the snapshot that NAME, NAME@NUMBER or NAME@TAG
// means there; NAME alone is the newest.
func findIn(ctx context.Context, folder, want string) (found Snapshot, id string, err error) {
	name, number, tag, err := parseRef(want)
	if err != nil {
		return found, "", err
	}
	p, err := project.Find(folder)
	if err != nil {
		return found, "", err
	}
	t, err := recordsOf(ctx, p.Dir, name)
	if err != nil {
		return found, "", err
	}
	for _, snap := range t.snaps {
		if t.forgotten[snap.ID] {
			continue
		}
		named := tag != "" && t.tags[tag] == snap.ID || number > 0 && snap.Number == number
		if named || tag == "" && number == 0 && snap.Number > found.Number {
			found = *snap
		}
	}
	if found.ID == "" {
		return found, "", errs.New(errs.NotFound, "%s has no snapshot %s", p.Dir, want).
			WithHint("see `rondo data list --project %s` and `rondo data log %s --project %s`", p.Dir, name, p.Dir)
	}
	return found, p.ID, nil
}

// recordsOf reads the journals of all devices and takes what is about the dataset in the
// order in which the index there does.
func recordsOf(ctx context.Context, dir, name string) (*theirs, error) {
	var records []journal.Record
	_, err := journal.Walk(filepath.Join(dir, ".rondo", "journal"), func(r journal.Record) error {
		switch r.Kind {
		case "snapshot.create", "snapshot.fetch", "snapshot.forget", "snapshot.tag":
			records = append(records, r)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(records, func(a, b journal.Record) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	t := &theirs{snaps: map[string]*Snapshot{}, forgotten: map[string]bool{}, tags: map[string]string{}, next: 1}
	for _, r := range records {
		t.hear(r, name)
	}
	return t, nil
}

// hear takes one record; what is forgotten comes back with a tag.
func (t *theirs) hear(r journal.Record, name string) {
	switch r.Kind {
	case "snapshot.create":
		t.create(r, name)
	case "snapshot.fetch":
		var in fetched
		if snap := t.snaps[r.ID]; snap != nil && json.Unmarshal(r.Data, &in) == nil {
			snap.Fetched = wider(snap.Fetched, in.Fetched)
		}
	case "snapshot.forget":
		t.forgotten[r.ID] = true
	case "snapshot.tag":
		var in tagged
		if json.Unmarshal(r.Data, &in) != nil || in.Dataset != name {
			return
		}
		t.tags[in.Name] = in.Snapshot
		delete(t.forgotten, in.Snapshot)
	}
}

// create takes a snapshot, which a second device may have too.
func (t *theirs) create(r journal.Record, name string) {
	var snap Snapshot
	if json.Unmarshal(r.Data, &snap) != nil || snap.Dataset != name {
		return
	}
	if was := t.snaps[r.ID]; was != nil {
		was.Fetched = wider(was.Fetched, snap.Fetched)
		return
	}
	snap.ID, snap.Number = r.ID, max(snap.Number, t.next)
	snap.taken(r)
	t.next = snap.Number + 1
	t.snaps[r.ID] = &snap
}

// wholeThere refuses a snapshot of which the other project has only a part, before anything
// of it is copied.
func (s *Service) wholeThere(ctx context.Context, f *store.Far, folder string, snap Snapshot) error {
	if !snap.InPart() {
		return nil
	}
	if _, err := s.opts.Store.ReceiveTree(ctx, f, snap.Tree); err != nil {
		return err
	}
	lacks, err := s.nowhere(ctx, f, snap)
	if err != nil || lacks.count == 0 {
		return err
	}
	return errs.New(errs.Precondition, "%s has only a part of %s: %s", folder, snap.Ref(), lacks.neverFetched()).
		WithHint("bring the rest there first: rondo data fetch %s --project %s", snap.Ref(), folder)
}
