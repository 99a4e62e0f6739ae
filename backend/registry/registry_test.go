package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/registry/gate"
	"rondo/backend/store"
)

// house is a registry with everything around it. Its models answer "wet" by
// comparing temp with a number written in their only file.
type house struct {
	*registry.Service
	ledger *ledger.Ledger
	store  *store.Store
	dir    string
	moment time.Time
}

func open(t *testing.T, dir string) *house {
	t.Helper()
	h := &house{dir: dir, moment: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	var err error
	h.ledger, err = ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: "laptop", IndexPath: filepath.Join(dir, "device", "index.db"),
		Nouns: []index.Noun{registry.Index()}, Now: func() time.Time { return h.moment },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.ledger.Close() })
	if h.store, err = store.Open(filepath.Join(dir, "objects")); err != nil {
		t.Fatal(err)
	}
	h.Service = registry.New(registry.Options{
		Ledger: h.ledger, Store: h.store, Device: filepath.Join(dir, "device"), Predict: h.predict,
		Describe: func(string) (string, json.RawMessage, error) { return "onnx", json.RawMessage(`{"inputs":[]}`), nil },
	})
	return h
}

func (h *house) predict(ctx context.Context, model string, version int, rows []map[string]any) ([]any, error) {
	dir, err := h.Materialise(ctx, model, version)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, "threshold"))
	if err != nil {
		return nil, err
	}
	var at float64
	fmt.Sscan(string(b), &at)
	out := make([]any, len(rows))
	for i, r := range rows {
		if _, told := r["wet"]; told {
			return nil, errors.New("the model was shown the label")
		}
		out[i] = r["temp"].(float64) < at
	}
	return out, nil
}

// model registers a version whose threshold is at.
func (h *house) model(t *testing.T, at float64, key string) registry.Version {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "threshold"), fmt.Append(nil, at), 0o600); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("city,temp,wet\n")
	for i := range 200 {
		fmt.Fprintf(&b, "%s,%d,%t\n", []string{"Seattle", "New York"}[i%2], i%40, i%40 < 20)
	}
	holdout, err := h.store.PutBytes(t.Context(), []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := h.CreateVersion(t.Context(), registry.CreateVersion{
		Model: "weather", Dir: dir, Source: "model", Key: key, Holdout: holdout, Label: "wet", Segment: "city",
		Params: map[string]string{"at": fmt.Sprint(at)}, Metrics: map[string]float64{"accuracy": 0.5},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (h *house) dump(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := h.ledger.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func half() *float64 { x := 0.5; return &x }

func TestNumbersAreNeverUsedTwice(t *testing.T) {
	h := open(t, t.TempDir())
	first, again := h.model(t, 10, "run-1"), h.model(t, 10, "run-1")
	if first.Version != 1 || again.Version != 1 {
		t.Fatalf("versions %d and %d for the same key", first.Version, again.Version)
	}
	if v := h.model(t, 20, "run-2"); v.Version != 2 {
		t.Fatalf("second version is %d", v.Version)
	}
	if err := h.DeleteVersion(t.Context(), "weather", 2); err != nil {
		t.Fatal(err)
	}
	if err := h.Delete(t.Context(), "weather"); err != nil {
		t.Fatal(err)
	}
	if v := h.model(t, 20, "run-3"); v.Version != 3 {
		t.Errorf("a number came back: %d", v.Version)
	}
	if _, err := h.Version(t.Context(), "weather", 2); !errs.Is(err, errs.NotFound) {
		t.Errorf("a deleted version is still there: %v", err)
	}
}

func TestEvidenceComparesWithTheChampionOnTheSameRows(t *testing.T) {
	h := open(t, t.TempDir())
	ctx := ledger.WithActor(t.Context(), "trigger:drift")
	h.model(t, 8, "a")
	if _, err := h.Alias(ctx, "weather", "champion", 1, "first", ""); err != nil {
		t.Fatal(err)
	}
	h.model(t, 19, "b")
	rules := []gate.Rule{
		{Name: "simple", Metric: "accuracy", Over: gate.Majority},
		{Name: "champion", Metric: "accuracy", Over: "champion", Confidence: 0.95},
		{Name: "cities", Metric: "accuracy", Per: "segment", Min: half()},
	}
	e, err := h.Judge(ctx, "weather", 2, rules, "decision-1")
	if err != nil {
		t.Fatal(err)
	}
	if !e.Passed || e.Champion != 1 || e.Rows != 200 || e.By != "trigger:drift" || len(e.Comparison.Segments) != 2 {
		t.Errorf("%+v", e)
	}
	stored, err := h.Evidences(ctx, "weather", 2)
	if err != nil || len(stored) != 1 || stored[0].Verdicts[1].Interval == nil || stored[0].At.IsZero() {
		t.Errorf("%v %+v", err, stored)
	}
	back, err := h.Judge(ctx, "weather", 1, rules, "")
	if err != nil || back.Comparison != nil {
		t.Errorf("the champion was compared with itself: %v %+v", err, back.Comparison)
	}
}

func TestWithoutHoldoutRecordedMetricsDecide(t *testing.T) {
	h := open(t, t.TempDir())
	v, err := h.CreateVersion(t.Context(), registry.CreateVersion{Model: "plain", Dir: h.someDir(t), Metrics: map[string]float64{"f1": 0.6}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := h.Judge(t.Context(), "plain", v.Version, []gate.Rule{{Name: "floor", Metric: "f1", Min: half()}}, "")
	if err != nil || !e.Passed {
		t.Fatalf("%v %+v", err, e)
	}
	_, err = h.Judge(t.Context(), "plain", v.Version, []gate.Rule{{Name: "sure", Metric: "f1", Over: gate.Majority}}, "")
	if !errs.Is(err, errs.Precondition) || errs.HintOf(err) == "" {
		t.Errorf("no rows, no majority, and yet: %v", err)
	}
}

func (h *house) someDir(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "model"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRollbackTriesBeforeItMoves(t *testing.T) {
	h := open(t, t.TempDir())
	h.model(t, 8, "a")
	h.model(t, 19, "b")
	for n := 1; n <= 2; n++ {
		h.moment = h.moment.Add(time.Hour)
		if _, err := h.Alias(t.Context(), "weather", "champion", n, "better", ""); err != nil {
			t.Fatal(err)
		}
	}
	broken := func(context.Context, string, int) error { return errors.New("cut short") }
	if _, err := h.Rollback(t.Context(), "weather", "champion", 0, "", broken); !errs.Is(err, errs.Precondition) {
		t.Fatalf("a version that does not load was put live: %v", err)
	}
	if n, _ := h.Resolve(t.Context(), "weather", "champion"); n != 2 {
		t.Fatalf("the alias moved to %d", n)
	}
	h.moment = h.moment.Add(time.Hour)
	m, err := h.Rollback(t.Context(), "weather", "champion", 0, "worse in the north", nil)
	if err != nil || m.From != 2 || m.To != 1 {
		t.Fatalf("%v %+v", err, m)
	}
	for back, want := range map[time.Duration]int{0: 1, -30 * time.Minute: 2, -90 * time.Minute: 1, -4 * time.Hour: 0} {
		if n, _, err := h.Live(t.Context(), "weather", "champion", h.moment.Add(back)); err != nil || n != want {
			t.Errorf("live %s: version %d, want %d (%v)", back, n, want, err)
		}
	}
}

func TestTheIndexIsOnlyAView(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	h.model(t, 8, "a")
	h.model(t, 19, "b")
	h.Alias(t.Context(), "weather", "champion", 1, "", "")
	h.Judge(t.Context(), "weather", 2, []gate.Rule{{Name: "c", Metric: "f1", Over: "champion"}}, "")
	h.SetTag(t.Context(), "weather", 1, "by", "hand", false)
	h.Rename(t.Context(), "weather", "rain")
	before := h.dump(t)
	h.ledger.Close()
	if err := os.RemoveAll(filepath.Join(dir, "device")); err != nil {
		t.Fatal(err)
	}
	if after := open(t, dir).dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestNamesThatWouldNotWorkAreRefused(t *testing.T) {
	h := open(t, t.TempDir())
	for _, name := range []string{"", " ", "a/b", "a:1", "x\ny", strings.Repeat("n", 300)} {
		if _, err := h.Create(t.Context(), registry.CreateModel{Name: name}); !errs.Is(err, errs.Invalid) {
			t.Errorf("model %q: %v", name, err)
		}
	}
	h.model(t, 8, "a")
	for _, alias := range []string{"", "v1", "V22", "latest", "a b", "../x"} {
		if _, err := h.Alias(t.Context(), "weather", alias, 1, "", ""); !errs.Is(err, errs.Invalid) {
			t.Errorf("alias %q: %v", alias, err)
		}
	}
}

func TestCompareListsOnlyDifferences(t *testing.T) {
	h := open(t, t.TempDir())
	h.model(t, 8, "a")
	h.model(t, 19, "b")
	c, err := h.Compare(t.Context(), "weather", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Params) != 1 || len(c.Metrics) != 0 || c.Same || c.Paired == nil || c.Paired.Difference <= 0 {
		t.Errorf("%+v %+v", c, c.Paired)
	}
}
