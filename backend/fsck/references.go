package fsck

import (
	"context"
	"encoding/json"
	"io"
	"os"
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
	forgotten := map[string]bool{} // snapshots whose content may be gone, by id
	_, err := journal.Walk(c.path("journal"), func(rec journal.Record) error {
		if rec.Kind == "snapshot.forget" {
			forgotten[rec.ID] = true
		}
		c.removal(rec, forgotten)
		return ctx.Err()
	})
	if err == nil {
		_, err = journal.Walk(c.path("journal"), func(rec journal.Record) error {
			if !strings.HasPrefix(rec.Kind, "snapshot.") || !forgotten[rec.ID] {
				f.record(ctx, rec)
			} else {
				f.snapshots[rec.ID] = true
			}
			return ctx.Err()
		})
	}
	if err != nil {
		return err
	}
	return f.pointers()
}

// removal follows a dataset that was removed with its snapshots, or brought back with some.
func (c *checker) removal(rec journal.Record, forgotten map[string]bool) {
	if rec.Kind != "dataset.remove" && rec.Kind != "dataset.restore" {
		return
	}
	var in struct{ Snapshots []string }
	if json.Unmarshal(rec.Data, &in) != nil {
		return
	}
	for _, id := range in.Snapshots {
		forgotten[id] = rec.Kind == "dataset.remove"
	}
}

type follower struct {
	c         *checker
	seen      map[ref.Digest]bool
	snapshots map[string]bool   // by id
	taken     map[string]taken  // what their records say, by id
	paths     map[string]string // of datasets by name
}

func (f *follower) record(ctx context.Context, rec journal.Record) {
	switch rec.Kind {
	case "snapshot.create":
		f.snapshots[rec.ID] = true
		var in taken
		if json.Unmarshal(rec.Data, &in) == nil {
			f.taken[rec.ID] = in
		}
	case "dataset.add", "dataset.change":
		var in struct{ Path string }
		if json.Unmarshal(rec.Data, &in) == nil {
			f.paths[rec.ID] = in.Path
		}
	}
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
			f.tree(ctx, d, user(rec))
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

func (f *follower) tree(ctx context.Context, d ref.Digest, by string) {
	if !f.object(d, by, "") || f.c.broken[d.String()] {
		return
	}
	t, err := f.c.store.OpenTree(ctx, d)
	if err != nil {
		f.c.add(Problem{Kind: KindReference, File: private("objects"), What: err.Error(), Hint: errs.HintOf(err)})
		return
	}
	for _, file := range t.Files {
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

// pointers reads the .snap file of every dataset that has one.
func (f *follower) pointers() error {
	root, err := os.OpenRoot(f.c.project.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, path := range f.paths {
		name := path + ".snap"
		file, err := root.Open(name)
		if isMissing(err) {
			continue
		}
		if err != nil {
			f.c.add(Problem{Kind: KindPointer, File: name, What: "it cannot be read: " + err.Error()})
			continue
		}
		b, err := io.ReadAll(io.LimitReader(file, 1<<20))
		file.Close()
		if err != nil {
			return err
		}
		f.pointer(name, string(b))
	}
	return nil
}

func (f *follower) pointer(name, text string) {
	f.c.report.Pointers++
	p, err := dataset.ParsePointer(text)
	if err != nil {
		f.c.add(Problem{Kind: KindPointer, File: name, What: err.Error(), Hint: errs.HintOf(err)})
		return
	}
	if was, ok := f.taken[p.ID]; ok && !was.agrees(p) {
		f.c.add(Problem{
			Kind: KindPointer, File: name, What: "it is not what was written: it says other than the record of " + dataset.Ref(p.Dataset, p.Number),
			Hint: "check it out again: rondo data checkout " + dataset.Ref(p.Dataset, p.Number),
		})
		return
	}
	if !f.snapshots[p.ID] {
		f.c.add(Problem{
			Kind: KindPointer, File: name, What: "it points at " + dataset.Ref(p.Dataset, p.Number) + ", which the journal does not know",
			Hint: "copy .rondo/journal from where the snapshot was taken, or check another snapshot out",
		})
	}
}

// taken is what a snapshot's record and a pointer both say. Its number and its path may
// have changed since.
type taken struct {
	Dataset string     `json:"dataset"`
	Tree    ref.Digest `json:"tree"`
	Content ref.Digest `json:"content"`
	Files   int        `json:"files"`
	Size    int64      `json:"size"`
}

func (w taken) agrees(p dataset.Pointer) bool {
	return w == taken{p.Dataset, p.Tree, p.Content, p.Files, p.Size}
}
