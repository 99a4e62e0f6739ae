package dataset_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// pushedTwice is a project whose remote has two snapshots of a folder of three files.
func pushedTwice(t *testing.T) (h *house, remote string) {
	t.Helper()
	remote = filepath.Join(t.TempDir(), "remote")
	h = withRemote(t, remote)
	for _, name := range []string{"a/1.csv", "a/2.csv", "b.csv"} {
		write(t, h.dir, "images/"+name, name)
	}
	h.add(t, "images", "images")
	h.snap(t, "images")
	write(t, h.dir, "images/b.csv", "changed")
	h.snap(t, "images")
	h.push(t)
	return h, remote
}

// TestWhichSnapshotAPartIsOf: the one that is named, that of the pointer, or the latest.
func TestWhichSnapshotAPartIsOf(t *testing.T) {
	a, remote := pushedTwice(t)
	one, err := a.Find(t.Context(), "images@1")
	must(t, err)
	_, err = a.Checkout(t.Context(), "images", 1, false)
	must(t, err)
	pointer := read(t, a.dir, "images.snap")
	for what, c := range map[string]struct {
		pointer      string
		number, want int
	}{"the latest": {"", 0, 2}, "that of the pointer": {pointer, 0, 1}, "the one that is named": {pointer, 2, 2}} {
		b := withRemote(t, remote)
		if c.pointer != "" {
			write(t, b.dir, "images.snap", c.pointer)
		}
		x, err := b.FetchPart(t.Context(), dataset.Part{Dataset: "images", Number: c.number, Paths: []string{"b.csv"}})
		if err != nil || x.Part == nil || x.Part.Number != c.want || !x.Part.InPart() {
			t.Errorf("%s: %+v %v", what, x.Part, err)
		}
		if _, err := b.FetchPart(t.Context(), dataset.Part{Dataset: "images", Number: -1, Paths: []string{"b.csv"}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("what is no number: %v", err)
		}
	}
	must(t, a.Sync(t.Context(), map[string]dataset.Setting{"images": {Path: "images", Keep: &dataset.Keep{Last: 1}}}))
	_, err = a.Checkout(t.Context(), "images", 2, false)
	must(t, err)
	if r, err := a.Retain(t.Context(), dataset.Retain{}); err != nil || len(r) != 1 || len(r[0].Forgot) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	if x, err := a.FetchPart(t.Context(), dataset.Part{Dataset: "images", Number: 1, Paths: []string{"b.csv"}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("%s was forgotten and came back: %+v %v", one.ID, x.Part, err)
	}
}

// TestAllFilesAreNoPart, be they asked for at once or one after the other.
func TestAllFilesAreNoPart(t *testing.T) {
	_, remote := pushedTwice(t)
	for _, calls := range [][][]string{{{"a", "b.csv"}}, {{"a"}, {"b.csv"}}} {
		b := withRemote(t, remote)
		var x dataset.Exchanged
		for _, paths := range calls {
			x = b.pull(t, 2, paths...)
		}
		if snap, err := b.Find(t.Context(), "images"); err != nil || snap.InPart() || x.Part.InPart() {
			t.Errorf("%v: %+v %v", calls, snap, err)
		}
	}
}

// TestAPartThatARemoteLacksIsNamed by its files, and with who can help.
func TestAPartThatARemoteLacksIsNamed(t *testing.T) {
	_, remote := pushedTwice(t)
	b := withRemote(t, remote)
	b.pull(t, 2, "b.csv")
	packs, err := filepath.Glob(filepath.Join(remote, "objects/packs/*"))
	must(t, err)
	for _, name := range packs {
		must(t, os.Remove(name))
	}
	_, err = b.FetchPart(t.Context(), dataset.Part{Dataset: "images", Number: 2, Paths: []string{"a"}})
	if !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "the remote disk lacks") || !strings.Contains(err.Error(), "a/1.csv") || !strings.Contains(errs.HintOf(err), "rondo data push images") {
		t.Errorf("%v (%s)", err, errs.HintOf(err))
	}
}

// TestAPartComesToWhereTheDatasetIsNow, though the snapshot was taken elsewhere.
func TestAPartComesToWhereTheDatasetIsNow(t *testing.T) {
	_, remote := pushedTwice(t)
	b := withRemote(t, remote)
	b.pull(t, 2, "b.csv")
	must(t, b.Sync(t.Context(), map[string]dataset.Setting{"images": {Path: "pictures"}}))
	x, err := b.FetchPart(t.Context(), dataset.Part{Dataset: "images", Number: 2, Paths: []string{"pictures/a/1.csv"}})
	if err != nil || strings.Join(x.Part.Fetched, " ") != "a/1.csv b.csv" {
		t.Errorf("%+v %v", x.Part, err)
	}
}
