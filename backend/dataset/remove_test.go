package dataset_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fsck"
	folder "rondo/backend/project"
)

// begun is a project with a dataset by mistake: two versions, the first of them tagged.
func begun(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	_, err := folder.Init(dir, "d")
	must(t, err)
	h := open(t, dir)
	h.unused = true
	write(t, dir, "big.bin", noise(2<<20)+"one")
	_, err = h.Add(t.Context(), "big", "big.bin", "")
	must(t, err)
	h.snap(t, "big")
	_, err = h.SetTag(t.Context(), "big", 1, "first")
	must(t, err)
	write(t, dir, "big.bin", "quite another "+strings.Repeat("text ", 1000))
	h.snap(t, "big")
	return h
}

func (h *house) sound(t *testing.T) {
	t.Helper()
	if r, err := fsck.Check(t.Context(), h.dir, fsck.Options{}); err != nil || !r.OK {
		t.Fatalf("%v %+v", err, r.Problems)
	}
}

// TestADatasetThatWasRemovedComesBack, with all of it before a gc, and with what something refers to after one.
func TestADatasetThatWasRemovedComesBack(t *testing.T) {
	h := begun(t)
	ctx := t.Context()
	for round := range 2 {
		r, err := h.Remove(ctx, "big")
		if err != nil || len(r.Kept) != 1 || r.Kept[0].Number != 1 || len(r.Forgot) != 1-round || r.At.IsZero() {
			t.Fatalf("round %d: %+v, %v", round, r, err)
		}
		if b, err := os.ReadFile(filepath.Join(h.dir, "big.bin")); err != nil || !strings.HasPrefix(string(b), "quite another") {
			t.Fatalf("the file is gone: %v", err)
		}
		if _, err := os.Stat(filepath.Join(h.dir, "big.bin.snap")); !os.IsNotExist(err) {
			t.Errorf("its pointer stays: %v", err)
		}
		_, err = h.Get(ctx, "big")
		if !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "was removed on") || !strings.Contains(errs.HintOf(err), "data restore big") {
			t.Errorf("%v", err)
		}
		if list, err := h.List(ctx); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		gone, err := h.RemovedDatasets(ctx)
		if err != nil || len(gone) != 1 || gone[0].Name != "big" || gone[0].Path != "big.bin" || gone[0].Count != 2-round || gone[0].Removal == nil || !gone[0].Removal.At.Equal(r.At) {
			t.Errorf("%+v, %v", gone, err)
		}
		h.sound(t)
		if round == 0 {
			r, err = h.Restore(ctx, "big")
			if err != nil || len(r.Kept) != 1 || len(r.Forgot) != 0 {
				t.Fatalf("%+v, %v", r, err)
			}
			_, err = h.Checkout(ctx, "big", 2, true)
			must(t, err)
			h.sound(t)
			_, err = h.Checkout(ctx, "big", 1, true)
			must(t, err)
			write(t, h.dir, "big.bin", "quite another "+strings.Repeat("text ", 1000))
			must(t, h.forgetByRule(t))
		}
	}
	h.collect(t, dataset.Collect{})
	h.hoursLater(2)
	h.collect(t, dataset.Collect{})
	h.sound(t)
	_, err := h.Restore(ctx, "big")
	must(t, err)
	_, err = h.Checkout(ctx, "big", 1, true)
	must(t, err)
	if _, err := h.Restore(ctx, "big"); !errs.Is(err, errs.NotFound) {
		t.Errorf("restored twice: %v", err)
	}
}

// forgetByRule lets nothing but the tagged snapshot be there, as rules would.
func (h *house) forgetByRule(t *testing.T) error {
	t.Helper()
	r, err := h.Remove(t.Context(), "big")
	if err != nil || len(r.Forgot) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	h.collect(t, dataset.Collect{})
	h.hoursLater(2)
	if c := h.collect(t, dataset.Collect{}); c.Removed == 0 {
		t.Fatalf("nothing was removed: %+v", c)
	}
	h.now = time.Now
	r, err = h.Restore(t.Context(), "big")
	if err != nil || len(r.Forgot) != 1 || r.Forgot[0].Number != 2 {
		t.Fatalf("what is lost is not said: %+v, %v", r, err)
	}
	return nil
}

// TestWhatIsUsedOrDeclaredIsNotForgotten.
func TestWhatIsUsedOrDeclaredIsNotForgotten(t *testing.T) {
	h := begun(t)
	h.declared = func() (map[string]dataset.Setting, error) {
		return map[string]dataset.Setting{"big": {Path: "big.bin"}}, nil
	}
	if _, err := h.Remove(t.Context(), "big"); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "rondo.yaml") {
		t.Errorf("%v", err)
	}
	h.declared, h.unused = nil, false
	r, err := h.Remove(t.Context(), "big")
	if err != nil || len(r.Kept) != 2 || len(r.Forgot) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	write(t, h.dir, "other.txt", "other")
	_, err = h.Add(t.Context(), "other", "big.bin", "its place is free")
	must(t, err)
	if _, err := h.Restore(t.Context(), "big"); !errs.Is(err, errs.Conflict) {
		t.Errorf("two datasets at one place: %v", err)
	}
}

// TestACollectionIsGivenUpAtOnce, also while it reads a large file of a run, and tells how far it is.
func TestACollectionIsGivenUpAtOnce(t *testing.T) {
	h := begun(t)
	at := filepath.Join(h.dir, ".rondo/runs/r1/artifacts/large.bin")
	must(t, os.MkdirAll(filepath.Dir(at), 0o755))
	must(t, os.WriteFile(at, nil, 0o644))
	must(t, os.Truncate(at, 64<<30)) // takes minutes to read
	told := make(chan dataset.Progress, 1000)
	one, err := dataset.Open(t.Context(), dataset.Options{
		Ledger: h.ledger, Store: h.store, Dir: h.dir, Device: h.device, Progress: func(p dataset.Progress) { told <- p },
	})
	must(t, err)
	defer one.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := one.Collect(ctx, dataset.Collect{})
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Fatalf("it has read all of it: %v", err)
	case p := <-told:
		if p.Verb != "gc" {
			t.Errorf("%+v", p)
		}
	}
	cancel()
	began := time.Now()
	if err := <-ended; err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("given up after %v: %v", time.Since(began), err)
	}
}
