// Package servetest opens serving with a trained model around it, for the tests of
// serve and of the doors in front of it.
package servetest

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

// Shelf is a registry of folders.
type Shelf struct {
	mu      sync.Mutex
	aliases map[string]int
	dirs    map[int]string
}

func (s *Shelf) Resolve(_ context.Context, model, alias string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.aliases[alias]; n > 0 {
		return n, nil
	}
	return 0, errs.New(errs.NotFound, "model %q has no alias %q", model, alias)
}

func (s *Shelf) Materialise(_ context.Context, model string, version int) (serve.Files, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, ok := s.dirs[version]
	if !ok {
		return serve.Files{}, errs.New(errs.NotFound, "there is no version %d of model %q", version, model)
	}
	return serve.Files{Model: model, Version: version, Digest: fmt.Sprint("digest", version), Dir: dir}, nil
}

// Put adds a version's folder.
func (s *Shelf) Put(version int, dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirs[version] = dir
}

// Point moves an alias.
func (s *Shelf) Point(alias string, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aliases[alias] = version
}

// Trained returns the folder of a model that the built-in steps have trained.
var Trained = sync.OnceValues(func() (string, error) { return train("Seattle") })

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

// House is a serving service with everything around it.
type House struct {
	*serve.Service
	Ledger *ledger.Ledger
	Shelf  *Shelf
	Events *event.Bus
	Dir    string
	Opts   serve.Options
}

// Open opens a House in dir until the test ends.
func Open(t testing.TB, dir string, change ...func(*serve.Options)) *House {
	t.Helper()
	h, err := Start(context.Background(), dir, change...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Shut)
	return h
}

// Start opens a House in dir. Versions 1 and 2 are the same trained model; more go to Shelf.Put.
func Start(ctx context.Context, dir string, change ...func(*serve.Options)) (*House, error) {
	model, err := Trained()
	if err != nil {
		return nil, err
	}
	h := &House{Dir: dir, Events: event.NewBus(), Shelf: &Shelf{aliases: map[string]int{}, dirs: map[int]string{1: model, 2: model}}}
	h.Ledger, err = ledger.Open(ctx, ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo", "journal"), Device: "laptop", IndexPath: filepath.Join(dir, "device", "index.db"),
		Nouns: []index.Noun{serve.Index(dir)}, Events: h.Events,
	})
	if err != nil {
		return nil, err
	}
	h.Opts = serve.Options{
		Ledger: h.Ledger, Registry: h.Shelf, Events: h.Events, Dir: dir, Device: "laptop",
		Load: func(ctx context.Context, f serve.Files) (runtime.Model, error) {
			return load.Open(ctx, f.Dir, load.Options{})
		},
	}
	for _, fn := range change {
		fn(&h.Opts)
	}
	h.Service, err = serve.Open(ctx, h.Opts)
	return h, err
}

// Shut closes everything, in order.
func (h *House) Shut() {
	h.Service.Close()
	h.Ledger.Close()
}

// Dump returns all rows of the index.
func (h *House) Dump(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := h.Ledger.Dump(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Day is a request for one day's weather.
func Day(id string, tempMax float64) serve.Request {
	one := []int{1}
	return serve.Request{ID: id, Inputs: []runtime.Tensor{
		{Name: "temp_max", Type: runtime.Double, Shape: one, Floats: []float64{tempMax}},
		{Name: "temp_min", Type: runtime.Double, Shape: one, Floats: []float64{2}},
		{Name: "wind", Type: runtime.Double, Shape: one, Floats: []float64{3.5}},
		{Name: "day", Type: runtime.Long, Shape: one, Ints: []int64{40}},
	}, Attributes: map[string][]any{"location": {"Seattle"}}}
}

// Weather makes the endpoint of that name, which follows champion, at version 1.
func Weather(t testing.TB, h *House) {
	t.Helper()
	h.Shelf.Point("champion", 1)
	spec := serve.Spec{Name: "weather", Target: serve.Target{Model: "weather", Alias: "champion"}, Capture: 1}
	if _, err := h.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
}

// repo returns the root of the repository.
func repo(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above the test")
	return ""
}

// Python returns the interpreter that the tests use.
func Python(t testing.TB) string {
	t.Helper()
	exe := filepath.Join(repo(t), ".venv", "bin", "python")
	if _, err := os.Stat(exe); err != nil {
		t.Fatalf("%v: run `make setup` first", err)
	}
	return exe
}
