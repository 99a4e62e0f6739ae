package fsck

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// needs says, by kind of record, under which keys of its data, however deep, digests of
// objects, of trees and of lists of code stand. docs/formats/objects.md repeats it.
var needs = map[string]need{
	"snapshot.create":  {objects: []string{"diff"}, trees: []string{"tree"}},
	"snapshot.profile": {objects: []string{"profile"}},
	"version.create":   {objects: []string{"baseline", "holdout"}, trees: []string{"digest"}},
	"version.carry":    {trees: []string{"digest"}},
	"monitor.window":   {objects: []string{"details"}},
	"decision.step":    {objects: []string{"added", "captures"}},
	"model.evidence":   {objects: []string{"holdout"}},
	"execution.start":  {codes: []string{"tree"}},
}

type need struct{ objects, trees, codes []string }

// references follows every record to the objects that it stands on, and every pointer
// to its snapshot.
func (c *checker) references(ctx context.Context) error {
	f := c.follow
	forgotten := dataset.Forgotten{}
	_, err := journal.Walk(c.path("journal"), func(rec journal.Record) error {
		if f.came.Hear(rec) != nil {
			return ctx.Err() // the walk over the records says so
		}
		forgotten.Hear(rec)
		return ctx.Err()
	})
	if err == nil {
		_, err = journal.Walk(c.path("journal"), func(rec journal.Record) error {
			f.note(rec)
			if !strings.HasPrefix(rec.Kind, "snapshot.") || !forgotten[rec.ID] {
				f.record(ctx, rec)
			}
			return ctx.Err()
		})
	}
	if err != nil {
		return err
	}
	return f.pointers()
}

type follower struct {
	c     *checker
	seen  map[ref.Digest]bool
	taken map[string]taken // what the records of snapshots say, by id
	sets  map[string]*set  // datasets by name
	came  dataset.Came     // what was fetched of snapshots
}

func (f *follower) record(ctx context.Context, rec journal.Record) {
	need, ok := needs[rec.Kind]
	if !ok {
		return
	}
	var data any
	if json.Unmarshal(rec.Data, &data) != nil {
		return
	}
	f.values(data, func(key string, d ref.Digest) {
		switch {
		case slices.Contains(need.trees, key):
			f.tree(ctx, d, user(rec), f.came.Of(rec.ID))
		case slices.Contains(need.objects, key):
			f.object(d, user(rec), "")
		case slices.Contains(need.codes, key):
			f.code(ctx, d, user(rec))
		}
	})
}

// user says which record needs something.
func user(rec journal.Record) string { return "the " + rec.Kind + " record of " + rec.ID }

// values hands every digest below a JSON value to fn, with the key it stands under.
func (f *follower) values(v any, fn func(key string, d ref.Digest)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			f.values(e, fn)
		}
	case map[string]any:
		for key, e := range v {
			if s, ok := e.(string); !ok {
				f.values(e, fn)
			} else if d, err := ref.Parse(s); err == nil {
				fn(key, d)
			}
		}
	}
}

// object reports what a record needs and nobody can read, once.
func (f *follower) object(d ref.Digest, by, file string) bool {
	if f.seen[d] {
		return false
	}
	f.seen[d] = true
	f.c.report.References++
	if f.c.store.Has(d) {
		return true
	}
	what := "object " + d.Short() + " is missing; " + by + " needs it"
	if file != "" {
		what += " for " + file
	}
	hex := d.String()
	f.c.add(Problem{
		Kind: KindReference, File: private("objects", hex[:2], hex[2:]), What: what,
		Hint: "copy .rondo/objects from a backup, or from a teammate's project",
	})
	return false
}

// tree follows a tree to its files. What never came of a snapshot is counted, and no problem.
func (f *follower) tree(ctx context.Context, d ref.Digest, by string, came func(file string) bool) {
	if !f.object(d, by, "") || f.c.broken[d.String()] {
		return
	}
	t, err := f.c.store.OpenTree(ctx, d)
	if err != nil {
		f.c.add(Problem{Kind: KindReference, File: private("objects"), What: err.Error(), Hint: errs.HintOf(err)})
		return
	}
	for _, file := range t.Files {
		if !f.seen[file.Digest] && !came(file.Path) && !f.c.store.Has(file.Digest) {
			f.c.report.NotFetched++
			continue
		}
		f.object(file.Digest, by, file.Path)
	}
}

// code follows the list of what a run's folder held beyond its commit.
func (f *follower) code(ctx context.Context, d ref.Digest, by string) {
	if !f.object(d, by, "") || f.c.broken[d.String()] {
		return
	}
	list, err := git.ReadCode(ctx, f.c.store, d)
	if err != nil {
		f.c.add(Problem{Kind: KindReference, File: private("objects"), What: err.Error(), Hint: errs.HintOf(err)})
		return
	}
	for _, file := range list.Files {
		f.object(file.Digest, by, file.Path)
	}
}
