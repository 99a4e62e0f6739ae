package dataset_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// TestAPartIsBroughtBack, and neither the rest nor the pointer changes.
func TestAPartIsBroughtBack(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	for _, name := range []string{"cats/a", "cats/b", "cats-too/a", "dogs/a", "list.csv"} {
		write(t, h.dir, "data/x/"+name, "old "+name)
	}
	h.add(t, "x", "data/x")
	h.snap(t, "x")
	for _, name := range []string{"cats/a", "cats-too/a", "dogs/a", "list.csv", "cats/new"} {
		write(t, h.dir, "data/x/"+name, "new "+name)
	}
	must(t, os.Remove(filepath.Join(h.dir, "data/x/cats/b")))
	h.snap(t, "x")
	pointer := read(t, h.dir, "data/x.snap")
	_, err := h.CheckoutWith(ctx, "x", 1, dataset.Bring{Paths: []string{"cats/", "data/x/list.csv"}})
	must(t, err)
	want := map[string]string{"cats/a": "old cats/a", "cats/b": "old cats/b", "cats-too/a": "new cats-too/a", "dogs/a": "new dogs/a", "list.csv": "old list.csv"}
	got := files(t, filepath.Join(h.dir, "data/x"))
	if len(got) != len(want) {
		t.Errorf("there are %v", got)
	}
	for name, text := range want {
		if got[name] != "false"+text {
			t.Errorf("%s is %q, want %q", name, got[name], text)
		}
	}
	if read(t, h.dir, "data/x.snap") != pointer {
		t.Error("the pointer names another snapshot")
	}
	st, err := h.Status(ctx, "x")
	if err != nil || st.Snapshot != 2 || st.Count != 4 || len(st.Added) != 1 || len(st.Removed) != 1 {
		t.Errorf("%+v %v", st, err)
	}
}

func TestAPartThatCannotBeBroughtBack(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	write(t, h.dir, "x/cats/a", "old")
	write(t, h.dir, "x/dogs/a", "old")
	h.add(t, "x", "x")
	h.snap(t, "x")
	for _, name := range []string{"birds", "cat", "../x", "/etc", "cats/a/b"} {
		if _, err := h.CheckoutWith(ctx, "x", 1, dataset.Bring{Paths: []string{name}}); !errs.Is(err, errs.NotFound) || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, h.dir, "x/cats/a", "work")
	write(t, h.dir, "x/dogs/a", "work")
	_, err := h.CheckoutWith(ctx, "x", 1, dataset.Bring{Paths: []string{"cats"}})
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "cats/a") || strings.Contains(err.Error(), "dogs") {
		t.Errorf("%v", err)
	}
	_, err = h.CheckoutWith(ctx, "x", 1, dataset.Bring{Paths: []string{"cats"}, Force: true})
	if err != nil || read(t, h.dir, "x/cats/a") != "old" || read(t, h.dir, "x/dogs/a") != "work" {
		t.Errorf("%v %v", err, files(t, filepath.Join(h.dir, "x")))
	}
	must(t, os.RemoveAll(filepath.Join(h.dir, "x")))
	_, err = h.CheckoutWith(ctx, "x", 0, dataset.Bring{Paths: []string{"dogs"}})
	if got := files(t, filepath.Join(h.dir, "x")); err != nil || len(got) != 1 || got["dogs/a"] != "falseold" {
		t.Errorf("of nothing: %v %v", got, err)
	}
	write(t, h.dir, "one.csv", csv1)
	h.add(t, "one", "one.csv")
	h.snap(t, "one")
	write(t, h.dir, "one.csv", "a\n")
	if _, err := h.CheckoutWith(ctx, "one", 1, dataset.Bring{Paths: []string{"one.csv"}, Force: true}); err != nil || read(t, h.dir, "one.csv") != csv1 {
		t.Errorf("the one file: %v", err)
	}
}
