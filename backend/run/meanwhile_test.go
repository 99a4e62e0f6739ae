package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/run"
)

// rebuiltSame wants the rows that an index made anew has, and returns the project open.
func (h *house) rebuiltSame(t *testing.T) *house {
	t.Helper()
	before := h.dump(t)
	h.close()
	must(t, os.RemoveAll(filepath.Dir(indexPath(h.dir))))
	h = open(t, h.dir)
	if after := h.dump(t); after != before {
		t.Errorf("rebuilt:\n%s\nwant\n%s", after, before)
	}
	return h
}

// together calls fn for 0 to n-1 from several goroutines.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := w; i < n; i += 16 {
				fn(i)
			}
		})
	}
	wg.Wait()
}

// TestPointsCountOnceWhileOthersAreLookedFor: a project that is synchronised is open
// already while the files of its older runs are looked at, and these are logged to.
func TestPointsCountOnceWhileOthersAreLookedFor(t *testing.T) {
	defer run.LookFirst(1)()
	h := open(t, t.TempDir())
	ids := make([]string, 600)
	together(len(ids), func(i int) { ids[i] = h.run(t, run.Create{Name: fmt.Sprint(i)}).ID })
	must(t, os.MkdirAll(filepath.Join(h.dir, ".rondo", "journal", "tower"), 0o755))
	for round := range 4 {
		h.close()
		h = open(t, h.dir)
		together(len(ids)/4, func(i int) {
			err := h.Log(context.Background(), ids[i], run.Batch{Points: []run.Point{{Key: "loss", Value: 1, Step: int64(round)}}})
			if err != nil {
				t.Error(err)
			}
		})
		h.dump(t) // waits until all was looked at
		for _, id := range ids[:len(ids)/4] {
			if r, err := h.Get(t.Context(), id); err != nil || r.Metrics["loss"].Count != int64(round+1) {
				t.Fatalf("round %d: %+v, %v", round, r.Metrics["loss"], err)
			}
		}
	}
	h.rebuiltSame(t)
}

// TestACarriedRunIsSeenWholeAfterAKill: the server is killed when the record of a run that
// is brought in is there, and before the index knows how much of its file it has seen.
func TestACarriedRunIsSeenWholeAfterAKill(t *testing.T) {
	h := open(t, t.TempDir())
	e, err := h.CreateExperiment(t.Context(), "brought", "", nil)
	must(t, err)
	killed := t.TempDir()
	var once sync.Once
	defer fault.Hook(nil)
	in := run.Carried{Run: run.Run{ID: "0123456789abcdef0123456789abcdef", ExperimentID: e.ID, Status: run.Finished, StartedAt: time.UnixMilli(1000)}}
	in.Points = func(yield func([]run.Point) error) error {
		err := yield([]run.Point{{Key: "loss", Value: 1}})
		h.dump(t) // nothing waits any more
		fault.Hook(func(point string) {
			if point == "ledger.committed" {
				once.Do(func() { must(t, os.CopyFS(killed, os.DirFS(h.dir))) })
			}
		})
		return err
	}
	_, err = h.Carry(t.Context(), in)
	must(t, err)
	h = open(t, killed)
	if got, _, err := h.History(t.Context(), in.ID, "loss", 0, 10); err != nil || len(got) != 1 {
		t.Errorf("history %v, %v", got, err)
	}
	h.rebuiltSame(t)
}

// TestWhoGoesAwayTakesNobodyAlong: of two that log to a run whose file is being opened, the
// first one's request ends.
func TestWhoGoesAwayTakesNobodyAlong(t *testing.T) {
	h := open(t, t.TempDir())
	id := h.run(t, run.Create{}).ID
	ctx, goAway := context.WithCancel(t.Context())
	log := func(ctx context.Context) chan error {
		before, done := h.Logging(id), make(chan error, 1)
		go func() { done <- h.Log(ctx, id, run.Batch{Points: []run.Point{{Key: "loss", Value: 1}}}) }()
		for h.Logging(id) == before {
			runtime.Gosched()
		}
		return done
	}
	var first, second chan error
	_, err := h.ledger.Do(t.Context(), "run.log", id, func(*index.Tx) (any, error) { // nothing else is written meanwhile
		first = log(ctx)
		second = log(t.Context())
		goAway()
		return struct{}{}, nil
	})
	must(t, err)
	must(t, <-second)
	<-first
}

// TestAFileIsNotTakenBeforeItsFoldersAreOnDisk: a disk that fails when the name of a run's folder
// is to be kept, and is well again.
func TestAFileIsNotTakenBeforeItsFoldersAreOnDisk(t *testing.T) {
	h := open(t, t.TempDir())
	id := h.run(t, run.Create{}).ID
	put := func() error {
		_, err := h.PutArtifact(t.Context(), id, "a", strings.NewReader("text"))
		return err
	}
	defer fault.Fail(nil)
	for range 2 { // also where the folder is there by now
		fault.Fail(func(op string) error {
			if op == "syncdir" {
				return errors.New("the disk failed")
			}
			return nil
		})
		if err := put(); !errs.Is(err, errs.Unavailable) {
			t.Errorf("answered %v", err)
		}
		if _, err := h.CarryFiles(t.Context(), id); !errs.Is(err, errs.Unavailable) {
			t.Errorf("files that are brought in are answered %v", err)
		}
	}
	fault.Fail(nil)
	must(t, put())
}
