//go:build unix

package dataset_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/store"
)

// killed is a verb that is killed: in which world, what it does, and what its end is.
type killed struct {
	link  store.Link                                // as rondo.yaml has it
	from  bool                                      // reads a remote with two snapshots; else its own lies beside it
	sick  bool                                      // begins with damage
	begin func(t *testing.T, o opened, dir string)  // makes the world, once
	do    func(ctx context.Context, o opened) error // in a process that is killed, and again
	done  func(t *testing.T, o opened, dir, when string)
	meant errs.Kind // what do answers where the process that was killed had done it already
}

// killedVerbs are those of data that change anything. All of them may be said again.
var killedVerbs = map[string]killed{
	"add": {begin: func(t *testing.T, _ opened, dir string) {
		t.Helper()
		must(t, lay(filepath.Join(dir, "data"), small(0)))
	}, do: func(ctx context.Context, o opened) error {
		if _, err := o.Add(ctx, "d", "data", ""); err != nil && !errs.Is(err, errs.Conflict) {
			return err
		}
		_, err := o.Snapshot(ctx, "d", dataset.Take{})
		return err
	}, done: func(t *testing.T, o opened, _, when string) { t.Helper(); isWhole(t, o, 1, when) }},

	"snapshot": {begin: func(t *testing.T, o opened, dir string) {
		t.Helper()
		oneSnapshot(t, o, dir)
		must(t, lay(filepath.Join(dir, "data"), small(1)))
	}, do: snapshotOfD, done: func(t *testing.T, o opened, _, when string) { t.Helper(); isWhole(t, o, 2, when) }},

	"checkout": {begin: begunTwice, do: func(ctx context.Context, o opened) error {
		_, err := o.Checkout(ctx, "d", 1, false)
		return err
	}, done: isFirst},

	"gc": {begin: func(t *testing.T, o opened, dir string) {
		t.Helper()
		begunTwice(t, o, dir)
		litter(t, o)
	}, do: collect, done: func(t *testing.T, o opened, _, when string) {
		t.Helper()
		if c, err := o.Collect(t.Context(), dataset.Collect{Grace: 1}); err != nil || c.Objects > 0 {
			t.Fatalf("%s: %+v is left, %v", when, c, err)
		}
		isWhole(t, o, 2, when)
	}},

	"push": {begin: begunTwice, do: pushAll, done: inSync},

	"fetch": {from: true, begin: func(*testing.T, opened, string) {}, do: func(ctx context.Context, o opened) error {
		_, err := o.Fetch(ctx, dataset.Exchange{})
		return err
	}, done: inSync},

	"pull a part": {from: true, begin: func(*testing.T, opened, string) {}, do: func(ctx context.Context, o opened) error {
		_, _, err := o.PullPart(ctx, dataset.Part{Dataset: "d", Number: 1, Paths: []string{"x", "noise.bin"}}, false)
		return err
	}, done: func(t *testing.T, o opened, dir, when string) {
		t.Helper()
		if got := files(t, filepath.Join(dir, "data")); len(got) != 2 || got["x"] != "falsea file" {
			t.Fatalf("%s: came %.300v", when, got)
		}
	}},

	"repair": {from: true, sick: true, begin: func(t *testing.T, o opened, dir string) {
		t.Helper()
		begunTwice(t, o, dir)
		bend(t, filepath.Join(dir, ".rondo/objects/packs/*.pack"))
	}, do: func(ctx context.Context, o opened) error {
		_, err := o.Repair(ctx, dataset.Repair{})
		return err
	}, done: func(t *testing.T, o opened, _, when string) { t.Helper(); isWhole(t, o, 2, when) }},

	"remove": {begin: begunTwice, meant: errs.NotFound, do: func(ctx context.Context, o opened) error {
		_, err := o.Remove(ctx, "d")
		return err
	}, done: func(t *testing.T, o opened, dir, when string) {
		t.Helper()
		if _, err := o.Get(t.Context(), "d"); !errs.Is(err, errs.NotFound) {
			t.Fatalf("%s: %v", when, err)
		}
		if got := files(t, filepath.Join(dir, "data")); len(got) != len(small(1)) {
			t.Fatalf("%s: of the files are left %.300v", when, got)
		}
	}},

	"restore": {begin: func(t *testing.T, o opened, dir string) {
		t.Helper()
		begunTwice(t, o, dir)
		_, err := o.Remove(t.Context(), "d")
		must(t, err)
	}, meant: errs.NotFound, do: func(ctx context.Context, o opened) error {
		_, err := o.Restore(ctx, "d")
		return err
	}, done: func(t *testing.T, o opened, _, when string) { t.Helper(); isWhole(t, o, 2, when) }},

	"unprotect": {link: store.LinkHard, begin: oneSnapshot, do: func(ctx context.Context, o opened) error {
		_, err := o.Unprotect(ctx, "d")
		return err
	}, done: func(t *testing.T, o opened, dir, when string) {
		t.Helper()
		must(t, os.WriteFile(filepath.Join(dir, "data/noise.bin"), []byte("mine"), 0o644))
		if v, err := o.Verify(t.Context(), "d", 1); err != nil || !v.OK {
			t.Fatalf("%s: %+v %v", when, v.Problems, err)
		}
	}},

	"import": {begin: func(*testing.T, opened, string) {}, do: func(ctx context.Context, o opened) error {
		_, err := o.Import(ctx, dataset.Import{From: os.Getenv("RONDO_TEST_ORIGIN"), Snapshot: "d@1", Name: "d", Path: "data"})
		if errs.Is(err, errs.Conflict) { // it is on record already, and that is said
			_, err = o.Checkout(ctx, "d", 1, false)
		}
		return err
	}, done: isFirst},

	"gc of a remote": {begin: func(t *testing.T, o opened, dir string) {
		t.Helper()
		must(t, os.CopyFS(beside(dir), os.DirFS(pushedTo(t))))
		remember(t, o, beside(dir))
		records, err := filepath.Glob(filepath.Join(beside(dir), "snapshots", "*"))
		must(t, err)
		must(t, os.Remove(records[0]))
		must(t, collectFar(t.Context(), o))
	}, do: collectFar, done: func(t *testing.T, o opened, dir, when string) {
		t.Helper()
		if c, err := o.CollectRemote(t.Context(), dataset.CollectRemote{Grace: 1}); err != nil || c.Objects > 0 {
			t.Fatalf("%s: %+v is left, %v", when, c, err)
		}
		arrivesWhole(t, beside(dir), when)
	}},
}
