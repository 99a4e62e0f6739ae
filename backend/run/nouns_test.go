package run_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	door "rondo/backend/door/mlflow"
	"rondo/backend/evaluation"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/store"
	"rondo/backend/trace"
	"rondo/backend/webhook"
)

// whole is a project with all nouns that clients fill.
type whole struct {
	dir      string
	ledger   *ledger.Ledger
	runs     *run.Service
	registry *registry.Service
	traces   *trace.Service
	judged   *evaluation.Service
}

func openWhole(t *testing.T, dir string) *whole {
	t.Helper()
	h := &whole{dir: dir}
	device := filepath.Join(dir, "device")
	var err error
	h.ledger, err = ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo", "journal"), Device: "laptop", IndexPath: filepath.Join(device, "index.db"), SealSize: 64 << 10,
		Nouns: []index.Noun{run.Index(dir), registry.Index(), trace.Index(), evaluation.Index(), webhook.Index()},
	})
	must(t, err)
	t.Cleanup(func() { h.ledger.Close() })
	h.runs, err = run.Open(t.Context(), run.Options{Ledger: h.ledger, Dir: dir, DeviceDir: device})
	must(t, err)
	t.Cleanup(func() { h.runs.Close() })
	objects, err := store.Open(filepath.Join(dir, ".rondo", "objects"))
	must(t, err)
	h.registry = registry.New(registry.Options{Ledger: h.ledger, Store: objects, Device: device})
	h.traces, h.judged = door.Traces(h.ledger, h.runs, dir), door.Evaluation(h.ledger, h.runs)
	return h
}

func (h *whole) close(t *testing.T) {
	t.Helper()
	must(t, h.runs.Close())
	must(t, h.ledger.Close())
}

func (h *whole) dump(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	must(t, h.ledger.Dump(t.Context(), &b))
	return b.String()
}

// killed is the project as a server leaves it that is killed now: nothing waits to be written there any more.
func (h *whole) killed(t *testing.T) *whole {
	t.Helper()
	to := t.TempDir()
	must(t, h.ledger.Derive(t.Context(), func(*index.Tx) error { // no other change meanwhile
		return os.CopyFS(to, os.DirFS(h.dir))
	}))
	h.close(t)
	return openWhole(t, to)
}

// again opens the project after a good end, or without what the device knows of it.
func (h *whole) again(t *testing.T, forget bool) *whole {
	t.Helper()
	h.close(t)
	if forget {
		must(t, os.RemoveAll(filepath.Join(h.dir, "device")))
	}
	return openWhole(t, h.dir)
}

// TestAnyHistoryIsThereAndRebuilt lets several clients do anything at once, ends the server
// well or by a kill, and wants what was answered and the same rows from an index made anew.
func TestAnyHistoryIsThereAndRebuilt(t *testing.T) {
	defer run.OpenAtMost(4)() // so that they are closed and opened again all the time
	seeds, _ := strconv.Atoi(os.Getenv("RONDO_TORTURE"))
	for seed := range uint64(max(1, seeds/20)) {
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) { anyHistory(t, seed) }) {
			return
		}
	}
}

func anyHistory(t *testing.T, seed uint64) {
	h := openWhole(t, t.TempDir())
	shared := share(t, h)
	clients := make([]*client, 6)
	for i := range clients {
		clients[i] = newClient(shared, fmt.Sprint("c", i), rand.New(rand.NewPCG(seed, uint64(i)+2)))
	}
	for round := range 4 {
		h.busy(t, clients, 16)
		if round%2 == 0 {
			h = h.killed(t)
		} else {
			h = h.again(t, false)
		}
		h.check(t, clients)
		before := h.dump(t)
		h = h.again(t, true)
		if after := h.dump(t); after != before {
			t.Fatalf("an index made anew has other rows:%s", otherLines(before, after))
		}
		h.check(t, clients)
		if told := append(h.ledger.Repairs(), h.runs.Repairs()...); len(told) > 0 {
			t.Errorf("told %q", told)
		}
	}
}

// busy lets all clients act at once, and somebody read until the first of them is done: what
// the others do then may wait for the index when the server ends.
func (h *whole) busy(t *testing.T, clients []*client, acts int) {
	t.Helper()
	var all, reader sync.WaitGroup
	over, once := make(chan struct{}), sync.Once{}
	for _, c := range clients {
		all.Go(func() {
			defer once.Do(func() { close(over) })
			for range acts {
				if err := c.act(h); err != nil {
					t.Errorf("%s: %v", c.name, err)
					return
				}
			}
		})
	}
	reader.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				h.dump(t)
			}
		}
	})
	all.Wait()
	reader.Wait()
}

func (h *whole) check(t *testing.T, clients []*client) {
	t.Helper()
	for _, c := range clients {
		for what, holds := range c.known {
			if err := holds(h); err != nil {
				t.Errorf("%s was answered and is not so: %v", what, err)
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// otherLines are those that only one of two texts has.
func otherLines(a, b string) string {
	var out strings.Builder
	for i, pair := range [][2]string{{a, b}, {b, a}} {
		has := map[string]bool{}
		for line := range strings.Lines(pair[1]) {
			has[line] = true
		}
		for line := range strings.Lines(pair[0]) {
			if !has[line] {
				fmt.Fprintf(&out, "\n%c %s", "-+"[i], line)
			}
		}
	}
	return out.String()
}

// share makes what all clients use.
func share(t *testing.T, h *whole) *common {
	t.Helper()
	c := &common{}
	for i := range 3 {
		r, err := h.runs.Create(t.Context(), run.Create{Name: fmt.Sprint("shared ", i)})
		must(t, err)
		c.runs = append(c.runs, r.ID)
	}
	d, err := h.judged.CreateDataset(t.Context(), evaluation.Dataset{Name: "questions", ExperimentIDs: []string{"0"}})
	must(t, err)
	c.dataset = d.ID
	return c
}
