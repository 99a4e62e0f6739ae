package dataset

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Keep says which snapshots of a dataset are kept; what no part of it keeps is forgotten
// when a person applies the rules. The latest snapshot, and the one that the pointer
// names, are always kept.
type Keep struct {
	Last   int  `json:"last,omitempty"` // so many of the newest
	Days   int  `json:"days,omitempty"` // those younger than so many days
	Tagged bool `json:"tagged"`         // those with a tag
	Used   bool `json:"used"`           // those that a run or a model's version used
}

// Retain asks for the rules of rondo.yaml to be applied.
type Retain struct {
	Datasets []string `json:"datasets,omitempty"` // empty: all that have rules
	Dry      bool     `json:"dry_run,omitempty"`
}

// Retained says what became of a dataset's snapshots.
type Retained struct {
	Dataset string   `json:"dataset"`
	Rules   Keep     `json:"rules"`
	Kept    []Reason `json:"kept"`
	Forgot  []Reason `json:"forgot"` // or would, in a dry run
}

// Reason is why a snapshot stays or goes.
type Reason struct {
	Number int    `json:"number"`
	Why    string `json:"why"`
	Size   int64  `json:"size"` // bytes of its files
}

// Retain forgets the snapshots that no rule keeps. Their content goes with a later gc, as
// far as nothing else needs it.
func (s *Service) Retain(ctx context.Context, in Retain) ([]Retained, error) {
	if s.opts.Declared != nil { // rules that were changed just now
		settings, err := s.opts.Declared()
		if err != nil {
			return nil, err
		}
		if settings != nil {
			s.setRules(settings)
		}
	}
	s.mu.Lock()
	rules := maps.Clone(s.rules)
	s.mu.Unlock()
	names := in.Datasets
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(rules))
	}
	list := []Retained{}
	for _, name := range names {
		if _, err := s.Get(ctx, name); err != nil {
			return nil, err
		}
		keep, ok := rules[name]
		if !ok {
			return nil, errs.New(errs.Precondition, "%s has no rules about what to keep", name).
				WithHint("write them into rondo.yaml, as in datasets: {%s: {path: …, keep: {last: 10, days: 30}}}", name)
		}
		one, err := s.retain(ctx, name, keep, in.Dry)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (s *Service) retain(ctx context.Context, name string, keep Keep, dry bool) (Retained, error) {
	defer s.lock(name)()
	r := Retained{Dataset: name, Rules: keep, Kept: []Reason{}, Forgot: []Reason{}}
	snaps, err := s.Snapshots(ctx, name)
	if err != nil {
		return r, err
	}
	tags, err := s.tagsOf(ctx, name)
	if err != nil {
		return r, err
	}
	pointed, err := s.pointedAt(ctx, name)
	if err != nil {
		return r, err
	}
	for i, snap := range snaps { // newest first
		why, err := s.whyKept(ctx, keep, snap, i, tags[snap.ID], pointed)
		if err != nil {
			return r, err
		}
		if why != "" {
			r.Kept = append(r.Kept, Reason{snap.Number, why, snap.Size})
			continue
		}
		r.Forgot = append(r.Forgot, Reason{snap.Number, "no rule keeps it", snap.Size})
		if dry {
			continue
		}
		if err := s.forget(ctx, snap); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (s *Service) tagsOf(ctx context.Context, name string) (map[string]string, error) {
	list, err := s.Tags(ctx, name)
	tags := map[string]string{}
	for _, t := range list {
		tags[t.Snapshot] = t.Name
	}
	return tags, err
}

// pointedAt is the id that the pointer beside the data names.
func (s *Service) pointedAt(ctx context.Context, name string) (string, error) {
	d, err := s.Get(ctx, name)
	if err != nil {
		return "", err
	}
	p, err := s.pointer(ctx, d.Path)
	if err != nil || p == nil {
		return "", err
	}
	return p.ID, nil
}

func (s *Service) whyKept(ctx context.Context, k Keep, snap Snapshot, place int, tag, pointed string) (string, error) {
	age := s.opts.Now().Sub(snap.CreatedAt)
	switch {
	case place == 0:
		return "it is the latest", nil
	case snap.ID == pointed:
		return "the pointer names it", nil
	case place < k.Last:
		return fmt.Sprintf("it is one of the last %d", k.Last), nil
	case age/(24*time.Hour) < time.Duration(k.Days): // whole days, since the hours of many are more than a Duration holds
		return fmt.Sprintf("it is younger than %s", days(k.Days)), nil
	case k.Tagged && tag != "":
		return "it is tagged " + tag, nil
	case !k.Used:
		return "", nil
	}
	uses, err := s.Uses(ctx, snap.ID)
	if err != nil || len(uses) == 0 {
		return "", err
	}
	return fmt.Sprintf("the %s %s used it", uses[0].Kind, uses[0].Name), nil
}

// forget records that a snapshot is not kept. It is asked once more, inside the writer,
// whether it was tagged meanwhile.
func (s *Service) forget(ctx context.Context, snap Snapshot) error {
	_, err := s.opts.Ledger.Do(ctx, "snapshot.forget", snap.ID, func(tx *index.Tx) (any, error) {
		var tagged int
		err := tx.QueryRow(`SELECT count(*) FROM dataset_tags t WHERE snapshot=? AND seq=(SELECT max(seq) FROM dataset_tags l WHERE l.dataset=t.dataset AND l.name=t.name)`, snap.ID).Scan(&tagged)
		if err == nil && tagged > 0 {
			err = errs.New(errs.Conflict, "%s was tagged meanwhile", snap.Ref()).WithHint("apply the rules again")
		}
		return struct {
			Dataset string `json:"dataset"`
			Number  int    `json:"number"`
		}{snap.Dataset, snap.Number}, err
	})
	return err
}

// applyForget takes a snapshot out of the list. Its number is not used again. The row
// stays, so that a remote that still has it does not bring it back by itself.
func applyForget(tx *index.Tx, rec journal.Record) error {
	_, err := tx.Exec("INSERT OR IGNORE INTO dataset_forgotten VALUES (?,?,?)", rec.ID, rec.Time().UTC().Format(time.RFC3339), rec.By)
	return err
}

const forgottenSchema = `
CREATE TABLE dataset_forgotten (id TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL) STRICT;`

// notForgotten leaves out what was forgotten.
const notForgotten = "id NOT IN (SELECT id FROM dataset_forgotten) AND "

// forgottenIDs are those whose own records no longer count as needing anything.
func (s *Service) forgottenIDs(ctx context.Context) (map[string]bool, error) {
	all := map[string]bool{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		ids, err := index.Column[string](tx, "SELECT id FROM dataset_forgotten")
		for _, id := range ids {
			all[id] = true
		}
		return err
	})
	return all, err
}

// ofSnapshot reports whether a record is about a snapshot itself, rather than its use.
func ofSnapshot(rec journal.Record) bool {
	return rec.Kind == "snapshot.create" || rec.Kind == "snapshot.profile" || rec.Kind == "snapshot.forget"
}

// setRules takes over what rondo.yaml says about keeping.
func (s *Service) setRules(settings map[string]Setting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = map[string]Keep{}
	for name, in := range settings {
		if in.Keep != nil {
			s.rules[name] = *in.Keep
		}
	}
}

func days(n int) string {
	if n == 1 {
		return "a day"
	}
	return fmt.Sprintf("%d days", n)
}
