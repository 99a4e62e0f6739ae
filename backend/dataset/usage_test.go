package dataset_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"rondo/backend/dataset"
)

// anew counts in a service that remembers nothing.
func (h *house) anew(t *testing.T) dataset.Usage {
	t.Helper()
	s, err := dataset.Open(t.Context(), dataset.Options{Ledger: h.ledger, Store: h.store, Dir: h.dir, Device: h.device})
	must(t, err)
	defer s.Close()
	u, err := s.Usage(t.Context())
	must(t, err)
	return u
}

// TestUsageIsCountedAnewWhenSomethingChanged: what is remembered is what is counted.
func TestUsageIsCountedAnewWhenSomethingChanged(t *testing.T) {
	h := open(t, project(t))
	before := dataset.Usage{}
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"a dataset", func() { write(t, h.dir, "x/a.bin", noise(3<<20)); h.add(t, "x", "x"); h.snap(t, "x") }},
		{"a second snapshot", func() { write(t, h.dir, "x/b.bin", noise(50_000)); h.snap(t, "x") }},
		{"one that shares with it", func() { write(t, h.dir, "y/a.bin", noise(3<<20)); h.add(t, "y", "y"); h.snap(t, "y") }},
		{"an object of no snapshot", func() { _, err := h.store.PutBytes(t.Context(), []byte(noise(10_000))); must(t, err) }},
		{"a dataset that is removed", func() { _, err := h.Remove(t.Context(), "y"); must(t, err) }},
		{"a file of a run that needs an object", func() {
			d, err := h.store.PutBytes(t.Context(), []byte(noise(20_000)))
			must(t, err)
			h.usage(t)
			write(t, h.dir, ".rondo/runs/r1/run.json", `{"model":"`+d.String()+`"}`)
		}},
		{"packs that are gone", func() {
			packs, err := filepath.Glob(filepath.Join(h.dir, ".rondo/objects/packs/*.pack"))
			must(t, err)
			must(t, os.Remove(packs[0]))
		}},
	} {
		step.do()
		u := h.usage(t)
		if reflect.DeepEqual(u, before) {
			t.Errorf("%s changes nothing: %+v", step.what, u)
		}
		if again := h.usage(t); !reflect.DeepEqual(again, u) {
			t.Errorf("%s: asked again it is %+v and was %+v", step.what, again, u)
		}
		if fresh := h.anew(t); !reflect.DeepEqual(fresh, u) {
			t.Errorf("%s: it is %+v and counted anew %+v", step.what, u, fresh)
		}
		before = u
	}
}
