package serve_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/load"
	"rondo/backend/serve/servetest"
)

// fragile is a model that fails once it is closed, and counts what it holds.
type fragile struct {
	runtime.Model
	closed atomic.Bool
	open   *atomic.Int64
}

func (f *fragile) Predict(ctx context.Context, in []runtime.Tensor) ([]runtime.Tensor, error) {
	if f.closed.Load() {
		return nil, errors.New("asked after it was closed")
	}
	out, err := f.Model.Predict(ctx, in)
	if f.closed.Load() {
		return nil, errors.New("closed while it answered")
	}
	return out, err
}

func (f *fragile) Close() error {
	if f.closed.Swap(true) {
		return errors.New("closed twice")
	}
	f.open.Add(-1)
	return f.Model.Close()
}

func loadFragile(open *atomic.Int64) func(*serve.Options) {
	return func(o *serve.Options) {
		o.Load = func(ctx context.Context, f serve.Files) (runtime.Model, error) {
			m, err := load.Open(ctx, f.Dir, load.Options{})
			if err != nil {
				return nil, err
			}
			open.Add(1)
			return &fragile{Model: m, open: open}, nil
		}
	}
}

// TestNoRequestFailsWhileVersionsSwap moves the alias to and fro under load.
func TestNoRequestFailsWhileVersionsSwap(t *testing.T) {
	var open atomic.Int64
	h := servetest.Open(t, t.TempDir(), loadFragile(&open))
	servetest.Weather(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var asked, failed atomic.Int64
	for c := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				asked.Add(1)
				if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint("c", c, "-", i), 8)); err != nil {
					failed.Add(1)
					t.Error(err)
				}
			}
		})
	}
	for i := range 40 {
		h.Shelf.Point("champion", 2-i%2)
		if err := h.Follow(t.Context(), "weather", "champion"); err != nil {
			t.Fatal(err)
		}
		e, err := h.Endpoint(t.Context(), "weather")
		if err != nil || e.Deployment.Version != 2-i%2 {
			t.Fatalf("after the swap version %d answers, %v", e.Deployment.Version, err)
		}
		for n := asked.Load(); asked.Load() < n+8; { // more than were under way
			goruntime.Gosched()
		}
	}
	cancel()
	wg.Wait()
	st, _ := h.Stats("weather")
	t.Logf("%d requests, %d failed; by version %v", asked.Load(), failed.Load(), st.Versions)
	if st.Versions["1"] == 0 || st.Versions["2"] == 0 || st.Requests != asked.Load() {
		t.Errorf("stats %+v", st)
	}
	h.Shut()
	if n := open.Load(); n != 0 {
		t.Errorf("%d models were never closed", n)
	}
}

func TestAnAliasEventMovesTheEndpoint(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	servetest.Weather(t, h)
	sub := h.Events.Subscribe(h.Events.Last(), 64)
	defer sub.Close()
	h.Shelf.Point("champion", 2)
	h.Events.Publish("model.alias", "weather", json.RawMessage(`{"alias":"champion"}`))
	for e := range sub.C {
		if e.Kind == "endpoint.live" {
			break
		}
	}
	res, err := h.Infer(t.Context(), "weather", servetest.Day("x", 8))
	if err != nil {
		t.Fatal(err)
	}
	if res.Version != 2 { // the record comes right before the swap
		if err := h.Follow(t.Context(), "weather", "champion"); err != nil {
			t.Fatal(err)
		}
		if res, _ = h.Infer(t.Context(), "weather", servetest.Day("y", 8)); res.Version != 2 {
			t.Errorf("version %d answers", res.Version)
		}
	}
}

func TestABadVersionLeavesTheGoodOneInPlace(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	servetest.Weather(t, h)
	h.Shelf.Put(3, t.TempDir()) // an empty folder
	h.Shelf.Point("champion", 3)
	if err := h.Follow(t.Context(), "weather", "champion"); !errs.Is(err, errs.Invalid) {
		t.Errorf("followed: %v", err)
	}
	e, err := h.Endpoint(t.Context(), "weather")
	if err != nil || e.Deployment.State != serve.Failed || e.Deployment.Version != 1 || !strings.Contains(e.Deployment.Reason, "MLmodel") {
		t.Errorf("deployment %+v, %v", e.Deployment, err)
	}
	if res, err := h.Infer(t.Context(), "weather", servetest.Day("x", 8)); err != nil || res.Version != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	if _, err := h.Deploy(t.Context(), "weather", serve.Target{Model: "weather", Version: 3}); !errs.Is(err, errs.Invalid) {
		t.Errorf("deployed: %v", err)
	}
	if e, _ := h.Endpoint(t.Context(), "weather"); e.Alias != "champion" {
		t.Errorf("a refused deployment changed the target: %+v", e.Target)
	}
	if err := h.Check(t.Context(), "weather", 9); !errs.Is(err, errs.NotFound) {
		t.Errorf("check: %v", err)
	}
}

func TestEndpointsOfTheProjectFile(t *testing.T) {
	dir := t.TempDir()
	h := servetest.Open(t, dir)
	h.Shelf.Point("champion", 1)
	spec := serve.Spec{Name: "file", Target: serve.Target{Model: "weather", Alias: "champion"}, Capture: 0}
	if err := h.Sync(t.Context(), []serve.Spec{spec}); err != nil {
		t.Fatal(err)
	}
	if err := h.Follow(t.Context(), "weather", "champion"); err != nil { // waits for the load
		t.Fatal(err)
	}
	if _, err := h.Infer(t.Context(), "file", servetest.Day("x", 8)); err != nil {
		t.Error(err)
	}
	if st, _ := h.Stats("file"); st.Captured+st.Dropped != 0 || h.Flush(t.Context()) != nil {
		t.Errorf("captured against the wish: %+v", st)
	}
	if err := h.Delete(t.Context(), "file"); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "rondo.yaml") {
		t.Errorf("deleted: %v", err)
	}
	if _, err := h.Deploy(t.Context(), "file", serve.Target{Model: "weather", Version: 2}); !errs.Is(err, errs.Precondition) {
		t.Errorf("deployed: %v", err)
	}
	servetest.Weather(t, h)
	if err := h.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Infer(t.Context(), "file", servetest.Day("x", 8)); !errs.Is(err, errs.NotFound) {
		t.Errorf("it goes on: %v", err)
	}
	h.Shut()
	h = servetest.Open(t, dir)
	if all, _ := h.Endpoints(t.Context()); len(all) != 1 || all[0].Name != "weather" || all[0].Source != serve.FromAPI {
		t.Errorf("after a restart: %+v", all)
	}
	if err := h.Delete(t.Context(), "weather"); err != nil {
		t.Fatal(err)
	}
	if all, _ := h.Endpoints(t.Context()); len(all) != 0 {
		t.Errorf("after the deletion: %+v", all)
	}
	for _, bad := range []serve.Spec{
		{Name: "", Target: spec.Target},
		{Name: "../x", Target: spec.Target},
		{Name: "a b", Target: spec.Target},
		{Name: "a", Target: spec.Target, Capture: 2},
		{Name: "a"},
		{Name: "a", Target: serve.Target{Model: "weather"}},
		{Name: "a", Target: serve.Target{Model: "weather", Alias: "x", Version: 1}},
	} {
		if _, err := h.Create(t.Context(), bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestPredictApartFromAllEndpoints(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	row := map[string]any{"temp_max": 12.0, "temp_min": 4.0, "wind": 3, "day": 40.0, "wet": "never seen"}
	list, err := h.Predict(t.Context(), "weather", 1, []map[string]any{row, row})
	if err != nil || len(list) != 2 || list[0].Score == nil || *list[0].Score <= 0 || *list[0].Score >= 1 || list[0].Label == nil || list[0].Outputs["probability"] != *list[0].Score {
		t.Errorf("%+v, %v", list, err)
	}
	delete(row, "wind")
	if _, err := h.Predict(t.Context(), "weather", 1, []map[string]any{row}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), `"wind"`) {
		t.Errorf("without wind: %v", err)
	}
	if _, err := os.Stat(filepath.Join(h.Dir, ".rondo", "captures", "laptop", "000001.log")); err == nil {
		t.Error("it was captured")
	}
}

// TestAFullQueueDropsAndCounts gives the queue room for a few rows and floods it, while the disk
// takes none of them before all predictions are answered.
func TestAFullQueueDropsAndCounts(t *testing.T) {
	h := servetest.Open(t, t.TempDir(), func(o *serve.Options) { o.CaptureQueue = 8 })
	servetest.Weather(t, h)
	const n = 3000
	answered := make(chan struct{})
	fault.Hook(func(point string) {
		if point == "capture.written" {
			<-answered
		}
	})
	defer fault.Hook(nil)
	for i := range n {
		if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
	}
	close(answered)
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	st, _ := h.Stats("weather")
	if st.Captured+st.Dropped != n || st.Dropped == 0 || st.Captured == 0 {
		t.Errorf("%d captured, %d dropped of %d", st.Captured, st.Dropped, n)
	}
	list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather", Limit: n})
	if err != nil || int64(len(list)) != st.Captured {
		t.Errorf("%d captures to read, %v", len(list), err)
	}
}
