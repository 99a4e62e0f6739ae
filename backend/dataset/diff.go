package dataset

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"

	"rondo/backend/dataset/background"
	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Diff is what lies between two snapshots of a dataset.
type Diff struct {
	Dataset string      `json:"dataset"`
	From    int         `json:"from"`
	To      int         `json:"to"`
	Files   []FileDiff  `json:"files"`  // those that are not the same, at most 10,000
	Tables  []TableDiff `json:"tables"` // the tables among those that both have
	Same    int         `json:"same"`   // files that are
	Count   int         `json:"count"`  // files that are not
}

const (
	maxFileDiffs  = 10_000
	maxTableDiffs = 50
)

// Diff compares two snapshots by number: to 0 means the latest, from 0 the one before
// that. key names the columns that tell rows apart; without it one is looked for.
func (s *Service) Diff(ctx context.Context, name string, from, to int, key []string) (Diff, error) {
	a, b, err := s.twoSnapshots(ctx, name, from, to)
	d := Diff{Dataset: name, From: a.Number, To: b.Number, Files: []FileDiff{}, Tables: []TableDiff{}}
	if err != nil {
		return d, err
	}
	old, err := s.comparable(ctx, a)
	if err != nil {
		return d, err
	}
	fresh, err := s.comparable(ctx, b)
	if err != nil {
		return d, err
	}
	tables, err := d.compare(ctx, old, fresh)
	if err != nil {
		return d, err
	}
	c := s.comparing(name, tables)
	defer s.follow("diff", name, &c.count, &c.of)()
	for _, f := range tables {
		t, err := c.table(ctx, f, a, b, key)
		if err != nil {
			return d, err
		}
		d.Tables = append(d.Tables, t.TableDiff)
	}
	return d, nil
}

// compare notes the files that differ, and returns the tables among them that both have.
func (d *Diff) compare(ctx context.Context, old, fresh *store.Listing) (tables []FileDiff, err error) {
	removed := 0
	err = store.Differences(ctx, old, fresh, func(one store.Difference) error {
		f := fileDiff(one)
		if d.Count++; d.Count <= maxFileDiffs {
			d.Files = append(d.Files, f)
		}
		if f.Change == FileRemoved {
			removed++
		}
		if f.Change == FileChanged && table.Is(f.Path) && f.From.Digest != f.To.Digest && len(tables) < maxTableDiffs {
			tables = append(tables, f)
		}
		return nil
	})
	d.Same = int(fresh.Files) - d.Count + removed
	return tables, err
}

func (s *Service) twoSnapshots(ctx context.Context, name string, from, to int) (a, b Snapshot, err error) {
	if from < 0 || to < 0 {
		return a, b, errs.New(errs.Invalid, "a snapshot's number is 1 or more")
	}
	if to == 0 {
		b, err = s.Find(ctx, name)
	} else {
		b, err = s.Find(ctx, Ref(name, to))
	}
	if err != nil {
		return a, b, err
	}
	switch {
	case err != nil:
	case from == 0:
		a, err = s.before(ctx, b)
	default:
		a, err = s.Find(ctx, Ref(name, from))
	}
	return a, b, err
}

// before is the snapshot before one, of those that were not forgotten.
func (s *Service) before(ctx context.Context, snap Snapshot) (Snapshot, error) {
	list, err := s.Snapshots(ctx, snap.Dataset)
	for _, one := range list { // the newest first
		if one.Number < snap.Number {
			return one, err
		}
	}
	if err == nil {
		err = errs.New(errs.Precondition, "there is no snapshot before %s to compare it with", snap.Ref()).
			WithHint("`rondo data status %s` compares it with what lies there; of two it is: rondo data diff %s FROM TO", snap.Dataset, snap.Dataset)
	}
	return Snapshot{}, err
}

// comparable gives the one file of a single snapshot the same name whatever its path was.
func (s *Service) comparable(ctx context.Context, snap Snapshot) (*store.Listing, error) {
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return nil, unlisted(snap, err)
	}
	if !snap.Single || l.Files != 1 {
		return l, nil
	}
	t, err := l.Tree(ctx)
	if err != nil {
		return nil, err
	}
	t.Files[0].Path = path.Base(snap.Path)
	return s.opts.Store.ListingOf(ctx, t.Files...)
}

// unlisted says of which snapshot the list of files cannot be read.
func unlisted(snap Snapshot, err error) error {
	return errs.New(errs.KindOf(err), "the list of files of %s cannot be read: %w", snap.Ref(), err).WithHint("%s", errs.HintOf(err))
}

// opener opens a table, which need not be read to its end.
func (s *Service) opener(ctx context.Context, d ref.Digest) table.Opener {
	return func() (io.ReadCloser, error) {
		r, err := s.opts.Store.OpenSound(ctx, d)
		if err != nil {
			return nil, err
		}
		return background.Reader(ctx, r), nil
	}
}

// retyped compares types as the values have them, and as the files themselves declare them.
func retyped(old, now profile.Column) (from, to string, other bool) {
	if old.Declared != "" && now.Declared != "" && old.Declared != now.Declared {
		return old.Declared, now.Declared, true
	}
	return old.Type, now.Type, old.Type != now.Type
}

func maybeKey(c profile.Column) bool {
	return c.Rows > 1 && c.Missing == 0 && !c.Repeated && slices.Contains([]string{profile.Integer, profile.Text, profile.Date, profile.DateTime}, c.Type)
}

func idLike(name string) int {
	name = strings.ToLower(name)
	if name == "id" || name == "key" || name == "uuid" || strings.HasSuffix(name, "_id") || strings.HasSuffix(name, " id") {
		return 1
	}
	return 0
}
