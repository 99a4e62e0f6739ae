//go:build linux

package dataset_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
)

// TestTheNoteIsOnTheDiskFirst: before the first file at the path is touched the note is synced, has
// its name, and so have the folders that are new for it.
func TestTheNoteIsOnTheDiskFirst(t *testing.T) {
	h := twoVersions(t, "one")
	staged := make(chan struct{})
	var stagedOnce, moving sync.Once
	var mu sync.Mutex
	var done []string
	fault.Fail(func(op string) error {
		if op == "sync" { // the note's, which has to wait until all else is ready
			<-staged
			time.Sleep(20 * time.Millisecond) // whoever does not wait for it goes on meanwhile
		}
		mu.Lock()
		defer mu.Unlock()
		done = append(done, op)
		return nil
	})
	fault.Hook(func(point string) {
		switch point {
		case "dataset.staged":
			stagedOnce.Do(func() { close(staged) })
		case "dataset.moving":
			moving.Do(func() {
				mu.Lock()
				defer mu.Unlock()
				at := max(0, slices.Index(done, "sync"))
				if want := []string{"sync", "rename", "syncdir", "syncdir", "syncdir"}; !slices.Equal(done[at:min(len(done), at+len(want))], want) {
					t.Errorf("before the first file was moved: %v", done)
				}
				if n := len(notes(t, h.dir)); n != 1 {
					t.Errorf("%d notes when the first file is moved", n)
				}
			})
		}
	})
	_, err := h.Checkout(t.Context(), "d", 1, false)
	fault.Hook(nil)
	fault.Fail(nil)
	must(t, err)
	moving.Do(func() { t.Error("nothing was moved") })
}

// TestAPartWaitsForTheDisk: after it the path is like no snapshot, so that a note could not be judged.
func TestAPartWaitsForTheDisk(t *testing.T) {
	h := twoVersions(t, "one")
	var synced atomic.Int64
	fault.Fail(func(op string) error {
		if op == "sync" || op == "syncdir" || op == "syncfs" {
			synced.Add(1)
		}
		return nil
	})
	_, err := h.CheckoutWith(t.Context(), "d", 1, dataset.Bring{Paths: []string{"1.txt"}})
	n := synced.Load()
	fault.Fail(nil)
	if _, e := os.Stat(filepath.Join(h.device, "unsettled")); err != nil || n == 0 || e == nil {
		t.Errorf("%v, %d syncs, %v", err, n, e)
	}
}

// TestABringingBackThatFailsLeavesTheDoubt: only one that comes to its end makes good what was before it.
func TestABringingBackThatFailsLeavesTheDoubt(t *testing.T) {
	ctx := t.Context()
	h := twoVersions(t, "one").cut(t, 1)
	zeros(t, h.dir, "data/1.txt")
	h = openBoot(t, h.dir, "two")
	var moved atomic.Bool
	fault.Hook(func(point string) {
		if point == "dataset.noted" {
			moved.Store(true)
		}
	})
	fault.Fail(func(op string) error {
		if op == "rename" && moved.Load() {
			return syscall.EIO
		}
		return nil
	})
	_, err := h.Checkout(ctx, "d", 1, true)
	fault.Fail(nil)
	fault.Hook(nil)
	if !errs.Is(err, errs.Unavailable) {
		t.Fatalf("%v", err)
	}
	h.close()
	if len(notes(t, h.dir)) == 0 {
		t.Error("the note of what is damaged has gone")
	}
	h = openBoot(t, h.dir, "two")
	if _, err := h.Snapshot(ctx, "d", dataset.Take{}); !errs.Is(err, errs.Conflict) {
		t.Errorf("damaged files were taken for data: %v", err)
	}
}

// TestANoteThatSaysNothingIsNotBelieved: one that is cut short, of another format or without a
// dataset is told of, and nothing that is remembered of files is believed then.
func TestANoteThatSaysNothingIsNotBelieved(t *testing.T) {
	change := func(key string, v any) func(text string) string {
		return func(text string) string {
			var u map[string]any
			must(t, json.Unmarshal([]byte(text), &u))
			u[key] = v
			b, err := json.Marshal(u)
			must(t, err)
			return string(b)
		}
	}
	for what, spoil := range map[string]func(text string) string{
		"cut short": func(text string) string { return text[:len(text)/2] },
		"newer":     change("format", 2), "of nothing": change("dataset", ""), "nowhere": change("path", ""),
	} {
		t.Run(what, func(t *testing.T) {
			h := twoVersions(t, "one").cut(t, 1)
			good := files(t, filepath.Join(h.dir, "data"))
			for name, text := range notes(t, h.dir) {
				must(t, os.WriteFile(name, []byte(spoil(text)), 0o600))
				left := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".tmp1")
				must(t, os.WriteFile(left, nil, 0o600))
				long := time.Now().Add(-time.Hour)
				must(t, os.Chtimes(left, long, long))
			}
			zeros(t, h.dir, "data/1.txt")
			h.believe(t, good)
			h = openBoot(t, h.dir, "two")
			if st, err := h.Status(t.Context(), "d"); err != nil || st.State != dataset.Changed || len(st.Changed) != 1 {
				t.Errorf("%+v %v", st, err)
			}
			if !strings.Contains(h.log.String(), "the note of a checkout cannot be read") {
				t.Errorf("logged: %s", h.log.String())
			}
			if left, _ := filepath.Glob(filepath.Join(h.device, "unsettled/.*.tmp*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
