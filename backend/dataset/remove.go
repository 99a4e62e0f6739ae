package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// Removed says what became of a dataset that is no longer tracked.
type Removed struct {
	Dataset string    `json:"dataset"`
	Path    string    `json:"path"` // where its files stay
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Kept    []Reason  `json:"kept"` // snapshots that something refers to: they stay
	Forgot  []Reason  `json:"forgot"`
}

// removal is the data of a dataset.remove or dataset.restore record.
type removal struct {
	Snapshots []string `json:"snapshots"` // ids of those that are not kept any more, or are again
}

// Remove stops tracking a dataset. Its files stay where they are. Snapshots that a run, a
// version or a tag refers to are kept; the others' content goes with a later gc, and until
// then Restore brings all of it back.
func (s *Service) Remove(ctx context.Context, name string) (r Removed, err error) {
	defer s.lock(name)()
	r = Removed{Dataset: name, Kept: []Reason{}, Forgot: []Reason{}}
	d, err := s.Get(ctx, name)
	if err != nil {
		return r, err
	}
	r.Path = d.Path
	if err := s.notDeclared(name); err != nil {
		return r, err
	}
	snaps, err := s.Snapshots(ctx, name)
	if err != nil {
		return r, err
	}
	tags, err := s.tagsOf(ctx, name)
	if err != nil {
		return r, err
	}
	gone := removal{Snapshots: []string{}}
	for _, snap := range snaps {
		why, err := s.whyKept(ctx, Keep{Tagged: true, Used: true}, snap, 1, tags[snap.ID], "")
		if err != nil {
			return r, err
		}
		if why != "" {
			r.Kept = append(r.Kept, Reason{snap.Number, why, snap.Size})
			continue
		}
		r.Forgot = append(r.Forgot, Reason{snap.Number, "nothing refers to it", snap.Size})
		gone.Snapshots = append(gone.Snapshots, snap.ID)
	}
	_, err = s.opts.Ledger.Do(ctx, "dataset.remove", name, func(tx *index.Tx) (any, error) {
		now, err := setRow(tx, name)
		if err == nil && now.Count != len(snaps) {
			err = errs.New(errs.Conflict, "%s has got a snapshot meanwhile", name).WithHint("remove it again")
		}
		return gone, err
	})
	if err != nil {
		return r, err
	}
	r.At, r.By, err = s.removedAt(ctx, name)
	return r, errors.Join(err, s.dropPointer(ctx, d))
}

func (s *Service) notDeclared(name string) error {
	if s.opts.Declared == nil {
		return nil
	}
	settings, err := s.opts.Declared()
	if err != nil {
		return err
	}
	if _, ok := settings[name]; ok {
		return errs.New(errs.Precondition, "rondo.yaml declares the dataset %s", name).WithHint("take it out of rondo.yaml first")
	}
	return nil
}

// dropPointer removes the file that names the dataset's snapshot beside its data.
func (s *Service) dropPointer(ctx context.Context, d Dataset) error {
	p, err := s.pointer(ctx, d.Path)
	if err != nil || p == nil || p.Dataset != d.Name {
		return nil // it is not ours to say what that is
	}
	if err := s.root.Remove(d.Path + pointerSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errs.Unwritten(d.Path+pointerSuffix, err)
	}
	return nil
}

func (s *Service) removedAt(ctx context.Context, name string) (at time.Time, by string, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) (err error) {
		at, by, _, err = removedRow(tx, name)
		return err
	})
	return at, by, err
}

// Restore tracks a removed dataset again, with those of its snapshots whose content is still
// there. They are counted in Kept, those that are lost in Forgot.
func (s *Service) Restore(ctx context.Context, name string) (r Removed, err error) {
	defer s.lock(name)()
	s.collecting.Lock() // what is found now stays until it is needed again
	defer s.collecting.Unlock()
	r = Removed{Dataset: name, Kept: []Reason{}, Forgot: []Reason{}}
	var snaps []Snapshot
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		_, _, ids, err := removedRow(tx, name)
		for _, id := range ids {
			snap, err := snapshotRow(tx, "id=?", id)
			if err != nil {
				return err
			}
			snaps = append(snaps, snap)
		}
		return err
	})
	if err != nil {
		return r, err
	}
	back := removal{Snapshots: []string{}}
	for _, snap := range snaps {
		needed, err := s.opts.Store.Reach(ctx, map[ref.Digest]bool{snap.Tree: true})
		if err != nil {
			return r, err
		}
		never, err := s.neverCameOf(ctx, []Snapshot{snap})
		if err != nil {
			return r, err
		}
		if slices.ContainsFunc(needed.Absent(), func(d ref.Digest) bool { return !never[d] }) {
			r.Forgot = append(r.Forgot, Reason{snap.Number, "its content has been removed", snap.Size})
			continue
		}
		r.Kept = append(r.Kept, Reason{snap.Number, "its content is here", snap.Size})
		back.Snapshots = append(back.Snapshots, snap.ID)
	}
	_, err = s.opts.Ledger.Do(ctx, "dataset.restore", name, func(tx *index.Tx) (any, error) {
		var at string
		if err := tx.QueryRow("SELECT path FROM dataset_sets WHERE name=?", name).Scan(&at); err != nil {
			return nil, err
		}
		return back, overlap(tx, name, at)
	})
	if err != nil {
		return r, err
	}
	d, err := s.Get(ctx, name)
	r.Path = d.Path
	return r, err
}

const removedSchema = `
CREATE TABLE dataset_removed (name TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, snapshots TEXT NOT NULL) STRICT;`

// notRemoved leaves out what was removed.
const notRemoved = "name NOT IN (SELECT name FROM dataset_removed)"

// removedRow says when and by whom a dataset was removed, and which of its snapshots went.
func removedRow(tx *index.Tx, name string) (at time.Time, by string, ids []string, err error) {
	list, err := index.Column[string](tx, "SELECT at || char(10) || by || char(10) || snapshots FROM dataset_removed WHERE name=?", name)
	if err != nil {
		return at, "", nil, err
	}
	if len(list) == 0 {
		return at, "", nil, errs.New(errs.NotFound, "no dataset called %q was removed", name).WithHint("`rondo data list` shows those that are there")
	}
	parts := strings.SplitN(list[0], "\n", 3)
	at, err = time.Parse(time.RFC3339, parts[0])
	return at, parts[1], ids, errors.Join(err, json.Unmarshal([]byte(parts[2]), &ids))
}

// hidden says that a dataset was removed, and the way back; nil where it was not.
func hidden(tx *index.Tx, name string) error {
	at, by, _, err := removedRow(tx, name)
	if err != nil {
		return nil
	}
	who := ""
	if by != "" {
		who = " by " + by
	}
	return errs.New(errs.NotFound, "the dataset %q was removed on %s%s", name, at.Format(time.DateOnly), who).
		WithHint("`rondo data restore %s` brings it back", name)
}

func applyRemove(tx *index.Tx, rec journal.Record) error {
	var in removal
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	ids, err := json.Marshal(in.Snapshots)
	if err != nil {
		return err
	}
	for _, id := range in.Snapshots {
		if _, err := tx.Exec("INSERT OR IGNORE INTO dataset_forgotten VALUES (?,?,?)", id, rec.Time().UTC().Format(time.RFC3339), rec.By); err != nil {
			return err
		}
	}
	_, err = tx.Exec("INSERT OR REPLACE INTO dataset_removed VALUES (?,?,?,?)", rec.ID, rec.Time().UTC().Format(time.RFC3339), rec.By, string(ids))
	return err
}

func applyRestore(tx *index.Tx, rec journal.Record) error {
	var in removal
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	for _, id := range in.Snapshots {
		if _, err := tx.Exec("DELETE FROM dataset_forgotten WHERE id=?", id); err != nil {
			return err
		}
	}
	_, err := tx.Exec("DELETE FROM dataset_removed WHERE name=?", rec.ID)
	return err
}
