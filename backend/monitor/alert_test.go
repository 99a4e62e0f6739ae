package monitor_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/monitor"
	file "rondo/backend/project"
)

func TestAlertsNeedSeveralWindowsAndEndByThemselves(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, config(60))
	step := func(shift float64) monitor.Evaluation {
		w.feed(60, shift)
		return p.evaluate(t, "m")
	}
	if e := step(0.5); len(e.Alerts) != 0 {
		t.Fatalf("one bad window raised %+v", e.Alerts)
	}
	step(0)
	e := step(0.5) // the second of three
	a := only(t, e, monitor.AlertDrift)
	if len(a.Windows) != 2 || a.Columns[0] != "x" || !strings.Contains(a.Verdict.Text, "2 of the last 3") {
		t.Errorf("%+v", a)
	}
	if e = step(0.5); len(e.Alerts) != 0 {
		t.Errorf("an open alert was raised again: %+v", e.Alerts)
	}
	a, err := p.Acknowledge(context.Background(), a.ID, "looking")
	if err != nil || a.Status != monitor.AlertAcknowledged {
		t.Fatalf("%+v, %v", a, err)
	}
	if e = step(0); len(e.Alerts) != 0 {
		t.Errorf("one quiet window ended it: %+v", e.Alerts)
	}
	a = only(t, step(0), monitor.AlertDrift)
	if a.Status != monitor.AlertResolved || len(a.History) != 3 || a.History[2].By != "monitor" || a.History[2].Note != "quiet for 2 windows" {
		t.Errorf("%+v", a)
	}
	step(0.5)
	if b := only(t, step(0.5), monitor.AlertDrift); b.ID == a.ID || b.Status != monitor.AlertOpen {
		t.Errorf("drift that came back: %+v", b)
	}
	p.checkRebuild(t, config(60))
}

// only returns the one alert of a kind that the evaluation brought.
func only(t *testing.T, e monitor.Evaluation, kind string) monitor.Alert {
	t.Helper()
	list := slices.DeleteFunc(slices.Clone(e.Alerts), func(a monitor.Alert) bool { return a.Kind != kind })
	if len(list) != 1 {
		t.Fatalf("%d alerts of kind %s: %+v; %v", len(list), kind, e.Alerts, e.Windows)
	}
	return list[0]
}

func TestAResolvedAlertStaysResolvedOnTheSameWindows(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, config(60))
	w.feed(120, 0.5)
	a := only(t, p.evaluate(t, "m"), monitor.AlertDrift)
	if _, err := p.Resolve(context.Background(), a.ID, "known"); err != nil {
		t.Fatal(err)
	}
	if e := p.evaluate(t, "m"); len(e.Alerts) != 0 {
		t.Errorf("it came back: %+v", e.Alerts)
	}
	for _, do := range []func(context.Context, string, string) (monitor.Alert, error){p.Acknowledge, p.Resolve} {
		if _, err := do(context.Background(), a.ID, ""); !errs.Is(err, errs.Precondition) {
			t.Errorf("a resolved alert: %v", err)
		}
		if _, err := do(context.Background(), "none", ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("no alert: %v", err)
		}
		if _, err := do(context.Background(), a.ID, strings.Repeat("x", 5000)); !errs.Is(err, errs.TooLarge) {
			t.Errorf("a long note: %v", err)
		}
	}
}

func TestLateLabelsMakeRevisions(t *testing.T) {
	w := numbers()
	c := config(60)
	c.Quality = map[string]monitor.Bound{"accuracy": {Min: at(0.9)}, "recall:1": {Min: at(0.2)}}
	p := open(t, t.TempDir(), w, c)
	ids := w.feed(60, 0)
	if e := p.evaluate(t, "m"); len(e.Windows) != 1 || len(e.Quality) != 0 {
		t.Fatalf("quality without labels: %+v", e.Quality)
	}
	for i, id := range ids[:20] {
		w.label(id, i%2)
	}
	e := p.evaluate(t, "m")
	if len(e.Quality) != 1 || e.Quality[0].Status != monitor.QualityTooFew || e.Quality[0].Coverage != 1.0/3 {
		t.Fatalf("%+v", e.Quality)
	}
	for i, id := range ids[20:] {
		w.label(id, i/20) // right for half of the rest
	}
	e = p.evaluate(t, "m")
	q := e.Quality[0]
	if q.Revision != 2 || q.Status != monitor.QualityBelow || q.Metrics["accuracy"] != 40.0/60 || len(q.Breaches) != 1 || q.Breaches[0].Reason == "" {
		t.Errorf("%+v", q)
	}
	if len(q.Classes) != 2 || q.Classes[1].Support != 30 || q.Classes[1].Recall != 20.0/30 {
		t.Errorf("%+v", q.Classes)
	}
	if e = p.evaluate(t, "m"); len(e.Quality) != 0 {
		t.Errorf("nothing new made a revision: %+v", e.Quality)
	}
	w.label(ids[0], 1) // a label that is corrected counts, too
	if e = p.evaluate(t, "m"); len(e.Quality) != 1 || e.Quality[0].Metrics["accuracy"] != 39.0/60 {
		t.Errorf("a corrected label: %+v", e.Quality)
	}
	list, err := p.Revisions(context.Background(), "m", q.WindowID)
	if err != nil || len(list) != 3 || list[0].Labelled != 20 || list[2].Labelled != 60 {
		t.Errorf("%d revisions, %v", len(list), err)
	}
	p.checkRebuild(t, c)
}

// labelled is a world that can tell whether labels have changed.
type labelled struct{ *world }

func (l labelled) Labelled(_ context.Context, _ monitor.CaptureQuery) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.revision, nil
}

func TestUnchangedLabelsCostNoReading(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, config(60))
	p.Service = monitor.New(monitor.Options{Ledger: p.ledger, Store: openStore(t), Captures: labelled{w}, Baselines: w, Now: w.clock})
	if err := p.Sync([]monitor.Config{config(60)}); err != nil {
		t.Fatal(err)
	}
	for _, id := range w.feed(60*5, 0)[:40] {
		w.label(id, 1)
	}
	p.evaluate(t, "m")
	before := w.pages
	p.evaluate(t, "m")
	if n := w.pages - before; n > 1 {
		t.Errorf("captures were read %d times, though nothing had changed", n)
	}
	w.label("c000299", 1)
	if e := p.evaluate(t, "m"); len(e.Quality) != 1 {
		t.Errorf("a new label was not seen: %+v", e.Quality)
	}
}

func TestRegressionIsMeasuredByItsErrors(t *testing.T) {
	w := numbers()
	tr := w.trained[one]
	tr.task = "regression"
	w.trained[one] = tr
	c := config(60)
	c.Quality = map[string]monitor.Bound{"mae": {Max: at(1)}}
	p := open(t, t.TempDir(), w, c)
	for i := range 60 {
		w.label(w.ask(map[string]any{"x": spread(i)}, float64(i)+2, nil), float64(i)+float64(i%2)*4)
	}
	e := p.evaluate(t, "m")
	q := e.Quality[0]
	if q.Metrics["mae"] != 2 || q.Metrics["rmse"] != 2 || math.Abs(q.Metrics["bias"]) > 1e-12 || q.Status != monitor.QualityBelow || q.Breaches[0].Below {
		t.Errorf("%+v", q)
	}
	if f, err := p.QualityBelow(context.Background(), "m", 0, 50); err != nil || !f.Holds {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := p.QualityBelow(context.Background(), "m", 0.5, 50); !errs.Is(err, errs.Invalid) {
		t.Errorf("a floor for a regression: %v", err)
	}
}

func TestMonitorsComeFromTheProjectFile(t *testing.T) {
	f, err := file.Parse("rondo.yaml", []byte("rondo: 1\nname: x\nmodels: {m: {path: model}}\nendpoints: {e: {model: m}}\nmonitors:\n"+
		"  w: {endpoint: e, window: {rows: 365, min: 60}, alpha: 0.02, drift: {ks: 0.25}, columns: [a], alert: {windows: 2, of: 3}, quality: {accuracy: {min: 0.7}}}\n"+
		"  h: {endpoint: e, window: {every: 24h}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	list := monitor.Declared(f)
	if len(list) != 2 || list[0].Every != 24*time.Hour || list[1].Rows != 365 || list[1].MinRows != 60 || list[1].Alpha != 0.02 ||
		list[1].Drift["ks"] != 0.25 || list[1].Alert.Of != 3 || *list[1].Quality["accuracy"].Min != 0.7 || list[1].Columns[0] != "a" {
		t.Errorf("%+v", list)
	}
}

func TestFaultyMonitorsAreReportedAndTheOthersWatch(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w)
	good := config(60)
	for _, bad := range []monitor.Config{
		{Name: "a"},
		{Name: "b", Endpoint: "e", Rows: 10},
		{Name: "c", Endpoint: "e", Rows: 100, Every: time.Hour},
		{Name: "d", Endpoint: "e", Alpha: 2},
		{Name: "f", Endpoint: "e", Drift: map[string]float64{"kss": 1}},
		{Name: "g", Endpoint: "e", Quality: map[string]monitor.Bound{"acuracy": {}}},
		{Name: "h", Endpoint: "e", Rows: 1e9},
		{Name: "i", Endpoint: "e", Drift: map[string]float64{"ks": -1}},
	} {
		err := p.Sync([]monitor.Config{bad, good})
		if err == nil || !strings.Contains(err.Error(), bad.Name) {
			t.Errorf("%+v: %v", bad, err)
		}
		if names := p.Names(); len(names) != 1 || names[0] != "m" {
			t.Errorf("%+v left %v", bad, names)
		}
	}
	if _, err := p.Get(context.Background(), "none"); !errs.Is(err, errs.NotFound) || errs.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
}

// TestServeLooksWhenSomethingHappens has the service watch by itself.
func TestServeLooksWhenSomethingHappens(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, config(60))
	sub := p.events.Subscribe(0, 64)
	defer sub.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx) }()
	ids := w.feed(60, 0)
	p.events.Publish("capture.append", "e", nil)
	await(t, sub, "monitor.window")
	for _, id := range ids[:40] {
		w.label(id, 1)
	}
	p.events.Publish("truth.add", "e", nil)
	await(t, sub, "monitor.quality")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func await(t *testing.T, sub *event.Sub, kind string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case e := <-sub.C:
			if e.Kind == kind {
				return
			}
		case <-deadline:
			t.Fatalf("%s did not happen", kind)
		}
	}
}
