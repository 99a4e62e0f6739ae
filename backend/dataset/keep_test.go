package dataset_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// versions takes n snapshots of a file.
func versions(t *testing.T, h *house, n int) []dataset.Snapshot {
	t.Helper()
	var list []dataset.Snapshot
	for i := range n {
		write(t, h.dir, "a.bin", fmt.Sprint(i)+noise(200_000+i))
		if i == 0 {
			h.add(t, "a", "a.bin")
		}
		list = append(list, h.snap(t, "a"))
	}
	return list
}

func TestTagsNameSnapshotsAndMove(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	list := versions(t, h, 3)
	for _, bad := range []string{"", "3", "v3", "a b", "a/b", "a@b", "-x", strings.Repeat("x", 101)} {
		if _, err := h.SetTag(ctx, "a", 1, bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("tag %q: %v", bad, err)
		}
	}
	if tag, err := h.SetTag(ctx, "a", 1, "golden"); err != nil || tag.Number != 1 || tag.Snapshot != list[0].ID {
		t.Fatalf("%+v %v", tag, err)
	}
	if _, err := h.SetTag(ctx, "a", 0, "golden"); err != nil {
		t.Fatal(err)
	}
	if snap, err := h.Find(ctx, "a@golden"); err != nil || snap.Number != 3 {
		t.Errorf("%+v %v", snap, err)
	}
	if _, err := h.SetTag(ctx, "a", 9, "x"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a snapshot that is not there: %v", err)
	}
	must(t, h.RemoveTag(ctx, "a", "golden"))
	if _, err := h.Find(ctx, "a@golden"); !errs.Is(err, errs.NotFound) {
		t.Errorf("it is there still: %v", err)
	}
	history, err := h.TagHistory(ctx, "a", "golden")
	if err != nil || len(history) != 3 || history[0].Snapshot != "" || history[1].Number != 3 || history[2].Number != 1 {
		t.Errorf("%+v %v", history, err)
	}
	if tags, err := h.Tags(ctx, "a"); err != nil || len(tags) != 0 {
		t.Errorf("%+v %v", tags, err)
	}
	if err := h.RemoveTag(ctx, "a", "golden"); !errs.Is(err, errs.NotFound) {
		t.Errorf("taken away twice: %v", err)
	}
}

// TestRulesForgetWhatNothingKeeps, and gc takes its bytes and no others.
func TestRulesForgetWhatNothingKeeps(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	h.unused = true
	list := versions(t, h, 6)
	_, err := h.SetTag(ctx, "a", 2, "golden")
	must(t, err)
	if _, err := h.Retain(ctx, dataset.Retain{Datasets: []string{"a"}}); !errs.Is(err, errs.Precondition) {
		t.Errorf("without rules: %v", err)
	}
	must(t, h.Sync(ctx, map[string]dataset.Setting{"a": {Path: "a.bin", Keep: &dataset.Keep{Last: 2, Tagged: true, Used: true}}}))
	_, err = h.Checkout(ctx, "a", 3, true)
	must(t, err)
	forgot := func(dry bool) string {
		r, err := h.Retain(ctx, dataset.Retain{Dry: dry})
		must(t, err)
		var numbers []string
		for _, f := range r[0].Forgot {
			numbers = append(numbers, fmt.Sprint(f.Number))
		}
		return strings.Join(numbers, " ")
	}
	if got := forgot(true); got != "4 1" {
		t.Errorf("it would forget %q: the last two, the tagged and the one in use stay", got)
	}
	if got, _ := h.Snapshots(ctx, "a"); len(got) != 6 {
		t.Errorf("a dry run has left %d", len(got))
	}
	h.unused = false
	if got := forgot(true); got != "" {
		t.Errorf("it would forget %q, which runs have used", got)
	}
	h.unused = true
	if got := forgot(false); got != "4 1" {
		t.Errorf("it forgot %q", got)
	}
	h.later(time.Hour * 2)
	before := h.usage(t)
	if before.Free < 390_000 {
		t.Errorf("only %d bytes are free", before.Free)
	}
	if _, err := h.Collect(ctx, dataset.Collect{}); err != nil {
		t.Fatal(err)
	}
	h.later(time.Hour * 4)
	if g, err := h.Collect(ctx, dataset.Collect{}); err != nil || g.Freed < 390_000 {
		t.Errorf("freed: %+v %v", g, err)
	}
	for _, snap := range list {
		v, err := h.Verify(ctx, "a", snap.Number)
		gone := snap.Number == 1 || snap.Number == 4
		if gone != errs.Is(err, errs.NotFound) || !gone && !v.OK {
			t.Errorf("snapshot %d: %+v %v", snap.Number, v, err)
		}
	}
	write(t, h.dir, "a.bin", "fresh")
	if s := h.snap(t, "a"); s.Number != 7 {
		t.Errorf("the next one is %d", s.Number)
	}
	if all, err := h.Retain(ctx, dataset.Retain{Datasets: []string{"none"}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("%+v %v", all, err)
	}
}

// TestRulesAreThoseOfTheFileAsItLies: what a person has just written counts, and a file that
// cannot be read forgets nothing.
func TestRulesAreThoseOfTheFileAsItLies(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	h.unused = true
	versions(t, h, 3)
	must(t, h.Sync(ctx, map[string]dataset.Setting{"a": {Path: "a.bin", Keep: &dataset.Keep{Last: 1}}}))
	h.declared = func() (map[string]dataset.Setting, error) { return nil, errs.New(errs.Invalid, "rondo.yaml:3:1: no") }
	if r, err := h.Retain(ctx, dataset.Retain{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("%+v %v", r, err)
	}
	h.declared = func() (map[string]dataset.Setting, error) {
		return map[string]dataset.Setting{"a": {Path: "a.bin", Keep: &dataset.Keep{Last: 3}}}, nil
	}
	if r, err := h.Retain(ctx, dataset.Retain{}); err != nil || len(r) != 1 || len(r[0].Forgot) != 0 {
		t.Errorf("%+v %v", r, err)
	}
}

func (h *house) later(d time.Duration) {
	now := time.Now()
	h.now = func() time.Time { return now.Add(d) }
}

func (h *house) usage(t *testing.T) dataset.Usage {
	t.Helper()
	u, err := h.Usage(context.Background())
	must(t, err)
	return u
}

// TestUsageAddsUp: what is unique, shared and free is told apart, to the byte.
func TestUsageAddsUp(t *testing.T) {
	h := open(t, project(t))
	big := noise(3 << 20)
	write(t, h.dir, "x/big.bin", big)
	write(t, h.dir, "x/own.bin", noise(100_000))
	write(t, h.dir, "y/big.bin", big)
	write(t, h.dir, "y/more.bin", "y"+noise(50_000))
	for _, name := range []string{"x", "y"} {
		h.add(t, name, name)
		h.snap(t, name)
	}
	write(t, h.dir, "x/own.bin", "2"+noise(120_000))
	h.snap(t, "x")
	u := h.usage(t)
	x, y := u.Datasets[0], u.Datasets[1]
	if len(x.Snapshots) != 2 || x.Logical != 2*3<<20+220_001 || y.Logical != 3<<20+50_001 {
		t.Errorf("logical: %d %d", x.Logical, y.Logical)
	}
	if x.Shared != y.Shared || x.Shared < 3<<20 || x.Shared > 3<<20+10_000 {
		t.Errorf("shared: %d and %d, want what the large file takes", x.Shared, y.Shared)
	}
	if n := x.Snapshots[0].Unique; n < 120_000 || n > 130_000 {
		t.Errorf("unique to the newest: %d", n)
	}
	if sum := x.Stored + y.Stored - x.Shared + u.Other + u.Free; sum != u.Stored {
		t.Errorf("the parts are %d bytes and the whole %d", sum, u.Stored)
	}
}

// TestLostObjectsAreStoredAgain: that files look as they did says what they hold, and not
// that the store still has it.
func TestLostObjectsAreStoredAgain(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	h.now = func() time.Time { return time.Now().Add(time.Hour) } // so that all are remembered
	lay := func(from, to int) {
		for i := from; i < to; i++ {
			write(t, dir, fmt.Sprintf("data/%04d", i), fmt.Sprint("content ", i))
		}
	}
	packs := func() []string {
		names, err := filepath.Glob(filepath.Join(dir, ".rondo/objects/packs/*.pack"))
		must(t, err)
		return names
	}
	lay(0, 400)
	h.add(t, "d", "data")
	h.snap(t, "d")
	kept := packs()
	lay(400, 800)
	h.snap(t, "d")
	for _, name := range packs() {
		if !slices.Contains(kept, name) {
			must(t, os.Remove(name))
		}
	}
	h.close()
	h = open(t, dir)
	h.now = func() time.Time { return time.Now().Add(time.Hour) }
	h.snap(t, "d")
	v, err := h.Verify(t.Context(), "d", 0)
	must(t, err)
	problems := slices.DeleteFunc(v.Problems, func(p dataset.Problem) bool { return p.Path == "(profile)" }) // which nobody stores again
	if len(problems) > 0 || v.Files != 800 {
		t.Fatalf("%d of %d files are damaged, such as %+v", len(problems), v.Files, problems[:min(1, len(problems))])
	}
}

// TestManyDaysAreMany: of a number that stands for always nothing is forgotten, although its
// nanoseconds are more than a number has room for.
func TestManyDaysAreMany(t *testing.T) {
	h := open(t, project(t))
	h.unused = true
	versions(t, h, 3)
	h.hoursLater(30)
	for days, forgot := range map[int]int{1: 2, 2: 0, 106_752: 0, 999_999: 0, math.MaxInt: 0} {
		must(t, h.Sync(t.Context(), map[string]dataset.Setting{"a": {Path: "a.bin", Keep: &dataset.Keep{Days: days}}}))
		if r, err := h.Retain(t.Context(), dataset.Retain{Dry: true}); err != nil || len(r[0].Forgot) != forgot {
			t.Errorf("%d days: %+v %v", days, r, err)
		}
	}
}
