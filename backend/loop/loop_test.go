package loop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/loop"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/serve"
	"rondo/backend/store"
)

const csvBase = "date,temp,rain\n2012-01-01,12.8,0\n"

// house is a project with a real ledger, store and registry. Its neighbours are small:
// training copies the CSV into the model, whose answers are always right.
type house struct {
	*loop.Service
	t        *testing.T
	dir      string
	ledger   *ledger.Ledger
	store    *store.Store
	registry *registry.Service
	events   *event.Bus
	file     project.File

	mu         sync.Mutex
	now        time.Time
	trusted    error
	executions map[string]loop.Execution
	started    []string
	fails      bool // the pipeline
	windows    []loop.Window
	captures   []serve.Capture
	snapshots  []dataset.Snapshot
	checked    error
	busy       int // how often a check finds serving busy
	followed   []string
	seen       string // decision and state that the last turn came to
}

func build(t *testing.T, dir string) *house {
	t.Helper()
	h := &house{t: t, dir: dir, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), executions: map[string]loop.Execution{}, events: event.NewBus()}
	h.file = project.File{
		Datasets: map[string]project.Dataset{"weather": {Path: "data.csv", Feedback: &project.Feedback{Endpoint: "weather", Columns: map[string]string{
			"date": "attribute.date", "temp": "input.temp", "rain": "truth.label",
		}}}},
		Models:    map[string]project.Model{"weather": {Path: "model", Dataset: "weather", Holdout: "holdout.csv", Label: "wet", Alias: "champion"}},
		Endpoints: map[string]project.Endpoint{"weather": {Model: "weather", Alias: "champion"}},
		Triggers: map[string]project.Trigger{"drift": {
			On: "drift", Monitor: "weather", Windows: 2, Model: "weather", Policy: loop.Automatic, Cooldown: project.Duration(time.Hour), PerDay: 2,
		}},
	}
	var err error
	h.ledger, err = ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: "laptop", IndexPath: filepath.Join(dir, "device", "index.db"), Events: h.events,
		Nouns: []index.Noun{registry.Index(), loop.Index()}, Now: h.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.ledger.Close() })
	if h.store, err = store.Open(filepath.Join(dir, "objects")); err != nil {
		t.Fatal(err)
	}
	h.registry = registry.New(registry.Options{
		Ledger: h.ledger, Store: h.store, Device: filepath.Join(dir, "device"), Predict: h.predict,
		Describe: func(string) (string, json.RawMessage, error) { return "onnx", nil, nil },
	})
	if _, err := os.Stat(filepath.Join(dir, "data.csv")); err != nil {
		h.write(csvBase)
	}
	h.Service = loop.New(loop.Options{
		Ledger: h.ledger, Events: h.events, Store: h.store, Dir: dir, File: func() *project.File { return &h.file },
		Trusted: func() error { return h.trusted }, Datasets: h, Trainer: trainer{h}, Registry: h.registry, Serving: h, Monitors: monitors{h}, Now: h.clock,
	})
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) write(csv string) {
	if err := os.WriteFile(filepath.Join(h.dir, "data.csv"), []byte(csv), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) csv() string {
	b, err := os.ReadFile(filepath.Join(h.dir, "data.csv"))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

func (h *house) predict(_ context.Context, _ string, _ int, rows []map[string]any) ([]any, error) {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = r["temp"].(float64) > 10
	}
	return out, nil
}

func (h *house) Snapshot(_ context.Context, name string, in dataset.Take) (dataset.Snapshot, error) {
	id := ref.Of([]byte(h.csv())).Short()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.snapshots {
		if s.ID == id {
			return s, nil
		}
	}
	s := dataset.Snapshot{ID: id, Dataset: name, Number: len(h.snapshots) + 1, Decision: in.Decision}
	h.snapshots = append([]dataset.Snapshot{s}, h.snapshots...)
	return s, nil
}

func (h *house) Snapshots(context.Context, string) ([]dataset.Snapshot, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.snapshots, nil
}

func (h *house) Check(context.Context, string, int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy > 0 {
		h.busy--
		return errs.New(errs.Unavailable, "serving starts")
	}
	return h.checked
}

func (h *house) Flush(context.Context) error { return nil }
func (h *house) Follow(_ context.Context, model, alias string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.followed = append(h.followed, model+"@"+alias)
	return nil
}

func (h *house) Captures(context.Context, serve.Query) ([]serve.Capture, error) {
	return h.captures, nil
}

// label adds captures with their truth.
func (h *house) label(from, n int) {
	for i := from; i < from+n; i++ {
		h.captures = append(h.captures, serve.Capture{
			ID: fmt.Sprint("day-", i), Inputs: map[string]any{"temp": 20.5}, Attributes: map[string]any{"date": fmt.Sprint("2015-01-", i)},
			Truth: &serve.Truth{Label: float64(1)},
		})
	}
}

type monitors struct{ *house }

func (m monitors) Windows(_ context.Context, _ string, limit int) ([]loop.Window, error) {
	return m.windows[:min(limit, len(m.windows))], nil
}

type trainer struct{ *house }

func (t trainer) Start(ctx context.Context, id, _ string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, again := t.executions[id]; again {
		return nil
	}
	t.started = append(t.started, id)
	t.executions[id] = t.run(ctx, id)
	return nil
}

// run trains: what comes out depends on the data and nothing else.
func (t trainer) run(ctx context.Context, id string) loop.Execution {
	if t.fails {
		return loop.Execution{ID: id, RunID: id, Reason: "stage train ended with exit code 3"}
	}
	model, err := t.store.PutBytes(ctx, []byte("model of "+t.csv()))
	if err != nil {
		t.t.Error(err)
	}
	holdout, err := t.store.PutBytes(ctx, []byte("temp,wet\n20,1\n5,0\n15,1\n"))
	if err != nil {
		t.t.Error(err)
	}
	return loop.Execution{ID: id, RunID: id, OK: true, Outs: map[string]loop.Out{"model": {Digest: model}, "holdout.csv": {Digest: holdout}}}
}

func (t trainer) Execution(_ context.Context, id string) (loop.Execution, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.executions[id]
	if !ok {
		return e, errs.New(errs.NotFound, "no execution %s", id)
	}
	return e, nil
}

func (t trainer) Ended(context.Context, int) ([]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := []string{}
	for i := len(t.started) - 1; i >= 0; i-- {
		if t.executions[t.started[i]].OK {
			ids = append(ids, t.started[i])
		}
	}
	return ids, nil
}

// turn serves until the newest decision is another one than before, and is closed or asks.
func (h *house) turn() loop.Decision {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	sub := h.events.Subscribe(h.events.Last(), 64)
	defer sub.Close()
	done := make(chan struct{})
	go func() { defer close(done); h.Serve(ctx) }()
	defer func() { cancel(); <-done }()
	for {
		list, err := h.Decisions(ctx, 1)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(list) > 0 && list[0].State != loop.Running && list[0].ID+list[0].State != h.seen {
			h.seen = list[0].ID + list[0].State
			return list[0]
		}
		select {
		case <-sub.C:
		case <-ctx.Done():
			h.t.Fatalf("no decision came to an end: %+v", list)
		}
	}
}

// quiet turns once and expects nothing to be decided.
func (h *house) quiet() {
	h.t.Helper()
	before, _ := h.Decisions(h.t.Context(), 0)
	h.Turn(h.t.Context())
	if after, _ := h.Decisions(h.t.Context(), 0); len(after) != len(before) {
		h.t.Errorf("decided without a reason: %+v", after[0])
	}
}

func (h *house) trigger(name string) loop.Trigger {
	h.t.Helper()
	list, err := h.Triggers(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, t := range list {
		if t.Name == name {
			return t
		}
	}
	h.t.Fatalf("no trigger %s", name)
	return loop.Trigger{}
}

func (h *house) champion() int {
	n, err := h.registry.Resolve(h.t.Context(), "weather", "champion")
	if err != nil {
		return 0
	}
	return n
}

func (h *house) dump() string {
	var b bytes.Buffer
	if err := h.ledger.Dump(context.Background(), &b); err != nil {
		h.t.Fatal(err)
	}
	return b.String()
}

func drifting(ids ...string) (list []loop.Window) {
	for _, id := range ids {
		list = append(list, loop.Window{ID: id, Drifted: []string{"wind"}})
	}
	return list
}

func TestAnExecutionOfAPersonBecomesTheFirstChampion(t *testing.T) {
	h := build(t, t.TempDir())
	trainer{h}.Start(t.Context(), "by-hand", "")
	d := h.turn()
	if d.State != loop.Promoted || d.Kind != loop.Promotion || h.champion() != 1 || len(h.followed) != 1 {
		t.Fatalf("%+v", d)
	}
	h.quiet()
}

func TestDriftRetrainsWithTheNewRows(t *testing.T) {
	h := build(t, t.TempDir())
	trainer{h}.Start(t.Context(), "by-hand", "")
	h.turn()
	h.windows = drifting("w1")
	h.label(1, 3)
	h.quiet() // one window of two
	h.windows = drifting("w2", "w1")
	d := h.turn()
	if d.State != loop.Promoted || d.Champion != 1 || d.Version != 2 || h.champion() != 2 {
		t.Fatalf("%+v", d)
	}
	if want := csvBase + "2015-01-1,20.5,1\n2015-01-2,20.5,1\n2015-01-3,20.5,1\n"; h.csv() != want {
		t.Errorf("the dataset is\n%s", h.csv())
	}
	if len(d.Cause.Windows) != 2 || d.Cause.Columns[0] != "wind" || d.OpenedBy != "trigger:drift" {
		t.Errorf("cause: %+v by %s", d.Cause, d.OpenedBy)
	}
	moves, _ := h.registry.History(t.Context(), "weather", "champion")
	if moves[0].Decision != d.ID || moves[0].By != "trigger:drift" {
		t.Errorf("history: %+v", moves[0])
	}
}

func TestOnlyLabelsOfWhatDriftedCount(t *testing.T) {
	h := build(t, t.TempDir())
	tr := h.file.Triggers["drift"]
	tr.Require.Labelled = 2
	h.file.Triggers["drift"] = tr
	h.label(1, 5) // before the drift began
	h.windows = drifting("w2", "w1")
	for i := range h.windows {
		h.windows[i].From = h.now.Add(time.Hour)
	}
	h.quiet()
	if s := h.trigger("drift"); s.State != loop.Waiting || !strings.Contains(s.Text, "0 of 2 labelled") {
		t.Errorf("%+v", s)
	}
	h.label(6, 2)
	for i := range h.captures[5:] {
		h.captures[5+i].Time = h.now.Add(2 * time.Hour)
	}
	if d := h.turn(); d.State != loop.Promoted || d.Cause.Labelled != 2 {
		t.Errorf("%+v", d)
	}
}

func TestRestraint(t *testing.T) {
	h := build(t, t.TempDir())
	h.windows = drifting("w2", "w1")
	h.turn()
	h.quiet()
	if s := h.trigger("drift"); s.State != loop.Waiting || !strings.Contains(s.Text, "acted on") {
		t.Errorf("the same windows again: %+v", s)
	}
	h.windows = drifting("w4", "w3")
	h.quiet()
	if s := h.trigger("drift"); s.State != loop.Cooling {
		t.Errorf("within the cool-down: %+v", s)
	}
	h.pass(2 * time.Hour)
	h.turn()
	h.windows = drifting("w6", "w5")
	h.pass(2 * time.Hour)
	h.quiet()
	if s := h.trigger("drift"); s.State != loop.Limited {
		t.Errorf("a third time in a day: %+v", s)
	}
	h.pass(24 * time.Hour)
	if s := h.trigger("drift"); s.State != loop.Due {
		t.Errorf("the next day: %+v", s)
	}
}

func TestPolicies(t *testing.T) {
	for policy, want := range map[string]string{loop.Notify: loop.Notified, loop.Ask: loop.Asked, "": loop.Asked, loop.Automatic: loop.Promoted} {
		h := build(t, t.TempDir())
		tr := h.file.Triggers["drift"]
		tr.Policy = policy
		h.file.Triggers["drift"] = tr
		h.windows = drifting("w2", "w1")
		d := h.turn()
		if d.State != want {
			t.Errorf("policy %q: %s", policy, d.State)
		}
		if want != loop.Asked {
			continue
		}
		if s := h.trigger("drift"); s.State == loop.Due {
			t.Errorf("it asks twice: %+v", s)
		}
		if _, err := h.Approve(t.Context(), d.ID, "go on"); err != nil {
			t.Fatal(err)
		}
		if d = h.turn(); d.State != loop.Promoted || d.Answer.Reason != "go on" {
			t.Errorf("approved: %+v", d)
		}
		if _, err := h.Reject(t.Context(), d.ID, ""); !errs.Is(err, errs.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
	}
}

func TestWithoutTrustNothingRuns(t *testing.T) {
	h := build(t, t.TempDir())
	h.trusted = errs.New(errs.Denied, "not trusted")
	h.windows = drifting("w2", "w1")
	if d := h.turn(); d.State != loop.Asked || len(h.started) > 0 {
		t.Fatalf("%+v", d)
	}
	d, _ := h.Decisions(t.Context(), 1)
	if _, err := h.Approve(t.Context(), d[0].ID, ""); !errs.Is(err, errs.Denied) {
		t.Errorf("approved without trust: %v", err)
	}
	if _, err := h.Fire(t.Context(), "drift", ""); !errs.Is(err, errs.Denied) {
		t.Errorf("fired without trust: %v", err)
	}
}

func TestWhatFailsIsSaidAndNothingMoves(t *testing.T) {
	h := build(t, t.TempDir())
	h.fails = true
	h.windows = drifting("w2", "w1")
	if d := h.turn(); d.State != loop.Failed || !strings.Contains(d.Text, "exit code 3") || h.champion() != 0 {
		t.Errorf("%+v", d)
	}

	h = build(t, t.TempDir())
	min := 1.1 // nothing is that good
	m := h.file.Models["weather"]
	m.Gates = []project.Gate{{Name: "perfect", Metric: "accuracy", Min: &min}}
	h.file.Models["weather"] = m
	h.windows = drifting("w2", "w1")
	if d := h.turn(); d.State != loop.Kept || !strings.Contains(d.Text, "perfect") || h.champion() != 0 {
		t.Errorf("%+v", d)
	}

	h = build(t, t.TempDir())
	h.checked = errs.New(errs.Invalid, "the model file is cut short")
	h.windows = drifting("w2", "w1")
	if d := h.turn(); d.State != loop.Failed || !strings.Contains(d.Text, "cut short") || h.champion() != 0 {
		t.Errorf("%+v", d)
	}
}

// TestWhatAFeedbackRowLacksIsNamed has predictions without what the request should have
// said: first all of them, then some.
func TestWhatAFeedbackRowLacksIsNamed(t *testing.T) {
	h := build(t, t.TempDir())
	h.label(1, 3)
	for i := range h.captures {
		h.captures[i].Attributes, h.captures[i].Inputs = nil, nil
	}
	h.windows = drifting("w2", "w1")
	if d := h.turn(); d.State != loop.Failed || !strings.Contains(d.Text, "none of the 3 labelled predictions") || !strings.Contains(d.Text, "there is no attribute.date, no input.temp") {
		t.Errorf("%+v", d)
	}

	h = build(t, t.TempDir())
	h.label(1, 3)
	h.captures[1].Attributes = nil
	h.windows = drifting("w2", "w1")
	d := h.turn()
	if step, _ := d.Step(loop.Feedback); step.Rows == nil || step.Rows.Count != 2 || step.Rows.Skipped != 1 || !strings.HasSuffix(step.Text, "1 lack a column and stay out: they have no attribute.date") {
		t.Errorf("%+v", step)
	}
}

// What passes is waited for, and not until the clock makes the loop look around.
func TestADecisionGoesOnSoonAfterWhatPasses(t *testing.T) {
	h := build(t, t.TempDir())
	h.label(1, 2)
	h.windows = drifting("w2", "w1")
	h.busy = 3
	if d := h.turn(); d.State != loop.Promoted || len(h.started) != 1 || h.busy != 0 {
		t.Errorf("%+v, %d executions, busy %d times more", d, len(h.started), h.busy)
	}
}

func TestAScheduleCatchesUpOnce(t *testing.T) {
	h := build(t, t.TempDir())
	h.file.Triggers = map[string]project.Trigger{"nightly": {On: "schedule", Cron: "0 3 * * *", Model: "weather", Policy: loop.Notify}}
	h.quiet()
	h.pass(5 * 24 * time.Hour) // the laptop slept
	if d := h.turn(); d.Trigger != "nightly" {
		t.Fatalf("%+v", d)
	}
	h.quiet()
	if next := h.trigger("nightly").Next; next.Before(h.now) || next.After(h.now.Add(25*time.Hour)) {
		t.Errorf("next at %s, now %s", next, h.now)
	}
}

func TestNewDataFiresOncePerSnapshot(t *testing.T) {
	h := build(t, t.TempDir())
	h.file.Triggers = map[string]project.Trigger{"data": {On: "data", Dataset: "weather", Model: "weather", Policy: loop.Notify}}
	h.quiet()
	h.Snapshot(t.Context(), "weather", dataset.Take{})
	if d := h.turn(); d.Cause.Snapshot == "" {
		t.Fatalf("%+v", d)
	}
	h.quiet()
}

func TestTheFileOfAPersonIsNeverOverwritten(t *testing.T) {
	h := build(t, t.TempDir())
	h.label(1, 2)
	h.windows = drifting("w2", "w1")
	kill(h, "loop.snapshot")
	h.write(csvBase + "2016-01-01,1,1\n")
	if d := h.turn(); d.State != loop.Failed || !strings.Contains(d.Text, "was changed") {
		t.Errorf("%+v", d)
	}
	if h.csv() != csvBase+"2016-01-01,1,1\n" {
		t.Errorf("the file is\n%s", h.csv())
	}
}
