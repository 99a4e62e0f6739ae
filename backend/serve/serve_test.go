package serve_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/app/sample"
	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/load"
	"rondo/backend/step"
)

// shelf is a registry of folders.
type shelf struct {
	mu      sync.Mutex
	aliases map[string]int
	dirs    map[int]string
}

func (s *shelf) Resolve(_ context.Context, model, alias string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.aliases[alias]; n > 0 {
		return n, nil
	}
	return 0, errs.New(errs.NotFound, "model %q has no alias %q", model, alias)
}

func (s *shelf) Materialise(_ context.Context, model string, version int) (serve.Files, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, ok := s.dirs[version]
	if !ok {
		return serve.Files{}, errs.New(errs.NotFound, "there is no version %d of model %q", version, model)
	}
	return serve.Files{Model: model, Version: version, Digest: fmt.Sprint("digest", version), Dir: dir}, nil
}

func (s *shelf) point(alias string, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aliases[alias] = version
}

var trained = sync.OnceValues(func() (string, error) { return train("Seattle") })

// train makes a model folder with the built-in steps.
func train(cities string) (string, error) {
	dir, err := os.MkdirTemp("", "serve-test")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("location,date,precipitation,temp_max,temp_min,wind,weather\n")
	for _, city := range []string{"Seattle", "New York"} {
		days, err := sample.Days(city, 2012, 2014)
		if err != nil {
			return "", err
		}
		for _, d := range days {
			fmt.Fprintf(&b, "%s,%s,%v,%v,%v,%v,%s\n", d.Location, d.Date.Format(time.DateOnly), d.Precipitation, d.TempMax, d.TempMin, d.Wind, d.Weather)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "data/weather.csv"), []byte(b.String()), 0o600); err != nil {
		return "", err
	}
	params := "prepare: {holdout_share: 0, where: {location: [" + cities + "]}}\n"
	if err := os.WriteFile(filepath.Join(dir, "params.yaml"), []byte(params), 0o600); err != nil {
		return "", err
	}
	for _, name := range []string{"prepare", "train"} {
		if err := step.Run(context.Background(), name, dir, &bytes.Buffer{}); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "model"), nil
}

// house is a serving service with everything around it.
type house struct {
	*serve.Service
	ledger *ledger.Ledger
	shelf  *shelf
	events *event.Bus
	dir    string
	opts   serve.Options
}

func open(t testing.TB, dir string, change ...func(*serve.Options)) *house {
	t.Helper()
	model, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{dir: dir, events: event.NewBus(), shelf: &shelf{aliases: map[string]int{}, dirs: map[int]string{1: model, 2: model}}}
	h.ledger = openLedger(t, dir, h.events)
	h.opts = serve.Options{
		Ledger: h.ledger, Registry: h.shelf, Events: h.events, Dir: dir, Device: "laptop",
		Load: func(ctx context.Context, f serve.Files) (runtime.Model, error) {
			return load.Open(ctx, f.Dir, load.Options{})
		},
	}
	for _, fn := range change {
		fn(&h.opts)
	}
	h.Service, err = serve.Open(t.Context(), h.opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return h
}

func openLedger(t testing.TB, dir string, events *event.Bus) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo", "journal"), Device: "laptop", IndexPath: filepath.Join(dir, "device", "index.db"),
		Nouns: []index.Noun{serve.Index(dir)}, Events: events,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (h *house) close() {
	h.Service.Close()
	h.ledger.Close()
}

func (h *house) dump(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := h.ledger.Dump(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// day is a request for one day's weather.
func day(id string, tempMax float64) serve.Request {
	one := []int{1}
	return serve.Request{ID: id, Inputs: []runtime.Tensor{
		{Name: "temp_max", Type: runtime.Double, Shape: one, Floats: []float64{tempMax}},
		{Name: "temp_min", Type: runtime.Double, Shape: one, Floats: []float64{2}},
		{Name: "wind", Type: runtime.Double, Shape: one, Floats: []float64{3.5}},
		{Name: "day", Type: runtime.Long, Shape: one, Ints: []int64{40}},
	}, Attributes: map[string][]any{"location": {"Seattle"}}}
}

func weather(t testing.TB, h *house) {
	t.Helper()
	h.shelf.point("champion", 1)
	spec := serve.Spec{Name: "weather", Target: serve.Target{Model: "weather", Alias: "champion"}, Capture: 1}
	if _, err := h.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

func TestAskedAnsweredCapturedAndLabelled(t *testing.T) {
	h := open(t, t.TempDir())
	weather(t, h)
	for i := range 5 {
		res, err := h.Infer(t.Context(), "weather", day(fmt.Sprint("day", i), float64(i)*8))
		if err != nil {
			t.Fatal(err)
		}
		if res.Version != 1 || res.Rows != 1 || len(res.Outputs) != 2 || res.ID != fmt.Sprint("day", i) {
			t.Fatalf("answer %+v", res)
		}
	}
	told, err := h.Tell(t.Context(), "weather", []serve.Truth{{ID: "day1", Label: int64(1), Columns: map[string]any{"precipitation": 3.5}}, {ID: "nobody", Label: int64(0)}})
	if err != nil || told.Matched != 1 || len(told.Unknown) != 1 || told.Unknown[0] != "nobody" {
		t.Fatalf("told %+v, %v", told, err)
	}
	list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather"})
	if err != nil || len(list) != 5 {
		t.Fatalf("%d captures, %v", len(list), err)
	}
	c := list[1]
	if c.ID != "day1" || c.Inputs["temp_max"] != 8.0 || c.Inputs["day"] != int64(40) || c.Attributes["location"] != "Seattle" || c.Status != "ok" {
		t.Errorf("capture %+v", c)
	}
	if c.Score == nil || *c.Score <= 0 || c.Prediction == nil || c.Truth == nil || c.Truth.Label != int64(1) || c.Truth.Columns["precipitation"] != 3.5 {
		t.Errorf("capture %+v, truth %+v", c, c.Truth)
	}
	rest, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather", After: list[2].Cursor})
	if err != nil || len(rest) != 2 || rest[0].ID != "day3" {
		t.Errorf("after the third come %v, %v", rest, err)
	}
	st, _ := h.Stats("weather")
	if st.Requests != 5 || st.Captured != 5 || st.Dropped != 0 || st.P50 <= 0 || st.Versions["1"] != 5 {
		t.Errorf("stats %+v", st)
	}
}

func TestTheIndexIsRebuiltFromTheFiles(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	weather(t, h)
	for i := range 50 {
		if _, err := h.Infer(t.Context(), "weather", day(fmt.Sprint("day", i), float64(i))); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if _, err := h.AddTruth(t.Context(), "weather", []serve.Truth{{ID: fmt.Sprint("day", i/2), Label: true}, {ID: "day3", Label: int64(i)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := h.dump(t)
	h.close()
	if err := os.RemoveAll(filepath.Join(dir, "device")); err != nil {
		t.Fatal(err)
	}
	h = open(t, dir)
	if after := h.dump(t); after != before {
		t.Errorf("the rebuilt index differs:\n%s\n---\n%s", before, after)
	}
	if !strings.Contains(before, "serve_truth") || !strings.Contains(before, `\"label\":49`) {
		t.Errorf("the last truth is not in the index: %s", before)
	}
}
