package monitor_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/app/sample"
	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/monitor"
	"rondo/backend/ref"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/onnx"
	"rondo/backend/step"
	"rondo/backend/store"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// world is what a monitor sees from inside a project: captures, versions with their
// training data, and a clock that the test moves.
type world struct {
	mu        sync.Mutex
	now       time.Time
	captures  []monitor.Capture
	live      monitor.VersionRef
	versions  []monitor.VersionRef
	trained   map[monitor.VersionRef]training
	predictor monitor.Predictor
	failing   error // what reading captures answers
	pages     int   // how often captures were read
	revision  int64
}

type training struct {
	csv    string
	fields []monitor.Field
	task   string
}

func newWorld() *world {
	return &world{now: start, trained: map[monitor.VersionRef]training{}}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) deploy(v monitor.VersionRef, t training) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.live = v
	if _, ok := w.trained[v]; !ok {
		w.versions = append(w.versions, v)
	}
	w.trained[v] = t
}

// ask adds an answered request of the live version, a second after the one before.
func (w *world) ask(inputs map[string]any, prediction any, score *float64) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	id := fmt.Sprintf("c%06d", len(w.captures))
	w.captures = append(w.captures, monitor.Capture{
		ID: id, Cursor: id, Model: w.live.Model, Version: w.live.Version, Time: w.now, Inputs: inputs, Prediction: prediction, Score: score, OK: true,
	})
	return id
}

func (w *world) label(id string, label any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.captures {
		if w.captures[i].ID == id {
			w.captures[i].Labelled, w.captures[i].Label = true, label
			w.revision++
		}
	}
}

func (w *world) Versions(context.Context, string) ([]monitor.VersionRef, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.versions), nil
}

func (w *world) Live(context.Context, string) (monitor.VersionRef, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.live, nil
}

func (w *world) Captures(_ context.Context, q monitor.CaptureQuery) (list []monitor.Capture, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages++
	if w.failing != nil {
		return nil, w.failing
	}
	for _, c := range w.captures {
		if c.Model == q.Version.Model && c.Version == q.Version.Version && c.Cursor > q.After && (q.Until == "" || c.Cursor <= q.Until) && len(list) < q.Limit {
			list = append(list, c)
		}
	}
	return list, nil
}

func (w *world) Trained(_ context.Context, v monitor.VersionRef) (monitor.Trained, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, ok := w.trained[v]
	if !ok || t.csv == "" {
		return monitor.Trained{}, errs.New(errs.NotFound, "%s version %d was registered without training data", v.Model, v.Version)
	}
	return monitor.Trained{Digest: ref.Of([]byte(t.csv)).String(), Inputs: t.fields, Task: t.task, Rows: io.NopCloser(strings.NewReader(t.csv))}, nil
}

// project is a ledger, a store and a monitor service on a folder.
type project struct {
	dir    string
	world  *world
	ledger *ledger.Ledger
	events *event.Bus
	*monitor.Service
}

func open(tb testing.TB, dir string, w *world, configs ...monitor.Config) *project {
	tb.Helper()
	p, err := tryOpen(dir, w, configs...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.ledger.Close() })
	return p
}

func tryOpen(dir string, w *world, configs ...monitor.Config) (*project, error) {
	p := &project{dir: dir, world: w, events: event.NewBus()}
	var err error
	p.ledger, err = ledger.Open(context.Background(), ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: "laptop", IndexPath: filepath.Join(dir, "index.db"),
		Nouns: []index.Noun{monitor.Index()}, Events: p.events,
	})
	if err != nil {
		return nil, err
	}
	objects, err := store.Open(filepath.Join(dir, "objects"))
	if err != nil {
		return nil, err
	}
	p.Service = monitor.New(monitor.Options{
		Ledger: p.ledger, Store: objects, Captures: w, Baselines: w, Predictor: w.predictor, Events: p.events, Now: w.clock,
	})
	return p, p.Sync(configs)
}

// sibling is a second service on the same ledger, as another process would be.
func (p *project) sibling(tb testing.TB, configs ...monitor.Config) *monitor.Service {
	tb.Helper()
	objects, err := store.Open(filepath.Join(p.dir, "objects"))
	if err != nil {
		tb.Fatal(err)
	}
	s := monitor.New(monitor.Options{Ledger: p.ledger, Store: objects, Captures: p.world, Baselines: p.world, Now: p.world.clock})
	if err := s.Sync(configs); err != nil {
		tb.Fatal(err)
	}
	return s
}

func (p *project) evaluate(tb testing.TB, name string) monitor.Evaluation {
	tb.Helper()
	e, err := p.Evaluate(context.Background(), name)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func (p *project) dump(tb testing.TB) string {
	tb.Helper()
	var b bytes.Buffer
	if err := p.ledger.Dump(context.Background(), &b); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// checkRebuild deletes the index and compares what is there afterwards.
func (p *project) checkRebuild(tb testing.TB, configs ...monitor.Config) {
	tb.Helper()
	before := p.dump(tb)
	p.ledger.Close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(filepath.Join(p.dir, "index.db"+suffix))
	}
	again := open(tb, p.dir, p.world, configs...)
	if after := again.dump(tb); after != before {
		tb.Errorf("the rebuilt index differs:\n%s\n--- before ---\n%s", after, before)
	}
}

// wet is the weather model, trained by the built-in steps on a city's days.
type wet struct{ models map[int]*onnx.Model }

var weatherFields = []monitor.Field{{Name: "temp_max", Type: "double"}, {Name: "temp_min", Type: "double"}, {Name: "wind", Type: "double"}, {Name: "day", Type: "long"}}

// train returns the training rows of a new version that was trained on the cities' 2012–2014.
func (m *wet) train(tb testing.TB, version int, cities ...string) training {
	tb.Helper()
	dir := tb.TempDir()
	var b strings.Builder
	b.WriteString("location,date,precipitation,temp_max,temp_min,wind,weather\n")
	for _, city := range cities {
		for _, d := range days(tb, city, 2012, 2014) {
			fmt.Fprintf(&b, "%s,%s,%v,%v,%v,%v,%s\n", d.Location, d.Date.Format(time.DateOnly), d.Precipitation, d.TempMax, d.TempMin, d.Wind, d.Weather)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "weather.csv"), []byte(b.String()), 0o644); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "params.yaml"), []byte("prepare: {holdout_share: 0}\n"), 0o644); err != nil {
		tb.Fatal(err)
	}
	for _, name := range []string{"prepare", "train"} {
		if err := step.Run(context.Background(), name, dir, io.Discard); err != nil {
			tb.Fatal(err)
		}
	}
	about, err := runtime.ReadMLmodel(filepath.Join(dir, "model"))
	if err != nil {
		tb.Fatal(err)
	}
	if m.models == nil {
		m.models = map[int]*onnx.Model{}
	}
	if m.models[version], err = onnx.Open(filepath.Join(dir, "model"), about); err != nil {
		tb.Fatal(err)
	}
	csv, err := os.ReadFile(filepath.Join(dir, "work", "train.csv"))
	if err != nil {
		tb.Fatal(err)
	}
	return training{csv: string(csv), fields: weatherFields, task: "classification"}
}

func days(tb testing.TB, city string, first, last int) []sample.Day {
	tb.Helper()
	list, err := sample.Days(city, first, last)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// Predict implements monitor.Predictor.
func (m *wet) Predict(ctx context.Context, v monitor.VersionRef, rows []map[string]any) ([]monitor.Prediction, error) {
	in := make([]runtime.Tensor, 4)
	for i, f := range weatherFields {
		in[i] = runtime.Tensor{Name: f.Name, Type: runtime.Type(f.Type), Shape: []int{len(rows)}}
		for _, r := range rows {
			switch x := r[f.Name].(type) {
			case float64:
				in[i].Floats = append(in[i].Floats, x)
			case int64:
				in[i].Ints = append(in[i].Ints, x)
			}
		}
	}
	out, err := m.models[v.Version].Predict(ctx, in)
	if err != nil {
		return nil, err
	}
	list := make([]monitor.Prediction, len(rows))
	for i := range list {
		p := out[1].Floats[i]
		list[i] = monitor.Prediction{Value: out[0].Ints[i], Score: &p}
	}
	return list, nil
}

// serveDays asks the live version about days, as an endpoint would have.
func (w *world) serveDays(tb testing.TB, m *wet, list []sample.Day) (ids []string) {
	tb.Helper()
	var rows []map[string]any
	for _, d := range list {
		rows = append(rows, map[string]any{"temp_max": d.TempMax, "temp_min": d.TempMin, "wind": d.Wind, "day": int64(d.Date.YearDay())})
	}
	answers, err := m.Predict(context.Background(), w.live, rows)
	if err != nil {
		tb.Fatal(err)
	}
	for i, a := range answers {
		ids = append(ids, w.ask(rows[i], a.Value, a.Score))
	}
	return ids
}

func (w *world) labelDays(ids []string, list []sample.Day) {
	for i, d := range list {
		label := 0
		if d.Wet() {
			label = 1
		}
		w.label(ids[i], label)
	}
}

func column(tb testing.TB, w monitor.Window, name string) monitor.Column {
	tb.Helper()
	for _, c := range w.Columns {
		if c.Name == name {
			return c
		}
	}
	tb.Fatalf("window %d has no column %q", w.Number, name)
	return monitor.Column{}
}

func effect(tb testing.TB, c monitor.Column, measure string) float64 {
	tb.Helper()
	for _, e := range c.Effects {
		if e.Measure == measure {
			return e.Value
		}
	}
	tb.Fatalf("column %s has no %s", c.Name, measure)
	return 0
}

func openStore(tb testing.TB) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
