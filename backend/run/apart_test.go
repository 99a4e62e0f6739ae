package run_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/run"
)

// TestVeryManyTags sets and removes tags, now few and now thousands, and looks after
// each step whether the run and searches say what a plain map says.
func TestVeryManyTags(t *testing.T) {
	h := open(t, t.TempDir())
	other := h.run(t, run.Create{Tags: map[string]string{"t1": "other"}})
	r := rand.New(rand.NewPCG(5, 13))
	want := map[string]string{"t1": "0"}
	id := h.run(t, run.Create{Tags: maps.Clone(want)}).ID
	for step := range 40 {
		if step%10 < 6 {
			some := map[string]string{}
			for range 200 {
				k := fmt.Sprint("t", r.IntN(2000))
				some[k] = strings.Repeat("v", r.IntN(200)) + fmt.Sprint(step)
			}
			must(t, h.Log(t.Context(), id, run.Batch{Tags: some}))
			maps.Copy(want, some)
		} else {
			thin(t, h, id, want, 10)
		}
		sameTags(t, h, id, want, other.ID)
	}
	sameAtOnce(t, h, id, want)
	for len(want) > 20 {
		thin(t, h, id, want, 1000)
	}
	sameTags(t, h, id, want, other.ID)
	sameAtOnce(t, h, id, want)
	before := h.dump(t)
	h.close()
	must(t, os.RemoveAll(filepath.Dir(indexPath(h.dir))))
	h = open(t, h.dir)
	if h.dump(t) != before {
		t.Error("the rebuilt index differs")
	}
	sameTags(t, h, id, want, other.ID)
}

// thin removes all but every nth tag, at most 250 of them.
func thin(t *testing.T, h *house, id string, tags map[string]string, n int) {
	t.Helper()
	i, gone := 0, 0
	for k := range maps.Clone(tags) {
		if i++; i%n != 0 && gone < 250 && k != "t1" {
			must(t, h.DeleteTag(t.Context(), id, k))
			delete(tags, k)
			gone++
		}
	}
	refused(t, h.DeleteTag(t.Context(), id, "never"), errs.NotFound, "No tag")
}

// sameAtOnce: the index keeps tags that came and went as it keeps those that came together.
func sameAtOnce(t *testing.T, h *house, id string, tags map[string]string) {
	t.Helper()
	fresh := h.run(t, run.Create{}).ID
	for part := range slices.Chunk(slices.Sorted(maps.Keys(tags)), 1000) {
		some := map[string]string{}
		for _, k := range part {
			some[k] = tags[k]
		}
		must(t, h.Log(t.Context(), fresh, run.Batch{Tags: some}))
	}
	type row struct {
		Table, ID, Key, Value string
		No, Run               any
		Tags                  []byte
	}
	numbers, kept := map[string]any{}, map[any][]string{}
	for l := range strings.Lines(h.dump(t)) {
		var r row
		if json.Unmarshal([]byte(l), &r) != nil { // other tables have other types
			continue
		}
		switch r.Table {
		case "run_runs":
			numbers[r.ID] = r.No
			kept[r.No] = append(kept[r.No], fmt.Sprintf("%x", r.Tags))
		case "run_tags_apart":
			kept[r.Run] = append(kept[r.Run], r.Key+"="+r.Value)
		}
	}
	a, b := kept[numbers[id]], kept[numbers[fresh]]
	if len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("%d tags are %d rows, and %d where they come together", len(tags), len(a), len(b))
	}
	must(t, h.Delete(t.Context(), fresh))
}

func sameTags(t *testing.T, h *house, id string, want map[string]string, other string) {
	t.Helper()
	got, err := h.Get(t.Context(), id)
	must(t, err)
	have := maps.Clone(got.Tags)
	delete(have, "mlflow.runName")
	if !maps.Equal(have, want) {
		t.Fatalf("%d tags, want %d", len(have), len(want))
	}
	for _, k := range []string{"t1", "t77"} {
		list, _, _, err := h.Search(t.Context(), run.Search{Filter: "tags." + k + " LIKE '%'"})
		must(t, err)
		found := map[string]bool{}
		for _, r := range list {
			found[r.ID] = true
		}
		if _, ok := want[k]; found[id] != ok || found[other] != (k == "t1") {
			t.Fatalf("%s finds %v; the run has it: %v", k, found, ok)
		}
	}
}

// TestVeryManyParams: the last of 20,000 params is found, kept to its first value,
// and searched for like the first, before and after the index is made anew.
func TestVeryManyParams(t *testing.T) {
	h := open(t, t.TempDir())
	ids := []string{h.run(t, run.Create{Params: map[string]string{"p0": "v"}}).ID, h.run(t, run.Create{}).ID}
	for at := 0; at < 20_000; at += 1000 {
		some := map[string]string{}
		for i := range 1000 {
			some[fmt.Sprint("p", at+i)] = fmt.Sprint("v", at+i)
		}
		must(t, h.Log(t.Context(), ids[1], run.Batch{Params: some}))
	}
	refused(t, h.Log(t.Context(), ids[1], run.Batch{Params: map[string]string{"new": "1", "p19999": "other"}}), errs.Conflict, "'p19999' was already logged")
	must(t, h.Log(t.Context(), ids[1], run.Batch{Params: map[string]string{"p19999": "v19999"}}))
	look := func() {
		t.Helper()
		list, _, total, err := h.Search(t.Context(), run.Search{Filter: "params.p19999 = 'v19999'"})
		if err != nil || total != 1 || len(list[0].Params) != 20_000 || list[0].Params["p7"] != "v7" {
			t.Errorf("%d found, %v", total, err)
		}
		list, _, _, err = h.Search(t.Context(), run.Search{OrderBy: []string{"params.p0 DESC"}})
		if err != nil || list[0].ID != ids[1] || list[1].ID != ids[0] {
			t.Errorf("order %v, %v", idsOf(list), err)
		}
	}
	look()
	before := h.dump(t)
	h.close()
	must(t, os.RemoveAll(filepath.Dir(indexPath(h.dir))))
	h = open(t, h.dir)
	if h.dump(t) != before {
		t.Error("the rebuilt index differs")
	}
	look()
}

// BenchmarkManyParams logs ever more params to a run, a hundred a call.
func BenchmarkManyParams(b *testing.B) {
	h := open(b, b.TempDir())
	id := h.run(b, run.Create{}).ID
	at := 0
	for b.Loop() {
		some := map[string]string{}
		for range 100 {
			some[fmt.Sprint("p", at)] = "a usual value"
			at++
		}
		must(b, h.Log(b.Context(), id, run.Batch{Params: some}))
	}
}
