package monitor_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"rondo/backend/monitor"
)

var yearly = monitor.Config{
	Name: "weather", Endpoint: "weather", Rows: 365, Drift: map[string]float64{"ks": 0.25},
	Alert: monitor.AlertRule{Windows: 2, Of: 3}, Quality: map[string]monitor.Bound{"accuracy": {Min: at(0.7)}},
}

func at(v float64) *float64 { return &v }

// TestTheLoopOnRealWeather is the story of the sample: a quiet year at home, another
// city, late labels, a new version with a new baseline.
func TestTheLoopOnRealWeather(t *testing.T) {
	m := &wet{}
	w := newWorld()
	w.predictor = m
	w.deploy(monitor.VersionRef{Model: "weather", Version: 1}, m.train(t, 1, "Seattle"))
	p := open(t, t.TempDir(), w, yearly)

	quietYear(t, p, m)
	drift(t, p, m)
	w.deploy(monitor.VersionRef{Model: "weather", Version: 2}, m.train(t, 2, "Seattle", "New York"))
	retrained(t, p, m)
	p.checkRebuild(t, yearly)
}

func quietYear(t *testing.T, p *project, m *wet) {
	list := days(t, "Seattle", 2015, 2015)
	ids := p.world.serveDays(t, m, list)
	e := p.evaluate(t, "weather")
	if len(e.Windows) != 1 || len(e.Alerts) != 0 {
		t.Fatalf("the year of Seattle made %d windows and %d alerts", len(e.Windows), len(e.Alerts))
	}
	q := e.Windows[0]
	t.Log(q.Verdict.Text)
	if q.Status != monitor.StatusQuiet || q.Rows != 365 || q.BaselineRows != 1096 {
		t.Errorf("%s over %d rows against %d: %s", q.Status, q.Rows, q.BaselineRows, q.Verdict.Text)
	}
	if !strings.Contains(q.Verdict.Text, "largest effects") || !strings.Contains(q.Verdict.Text, "D=0.") {
		t.Errorf("it is quiet without an effect size: %q", q.Verdict.Text)
	}
	if d := effect(t, column(t, q, "temp_max"), "ks"); math.Abs(d-0.08) > 0.005 {
		t.Errorf("temp_max D %.3f, want 0.08", d)
	}
	p.world.labelDays(ids, list)
	if e = p.evaluate(t, "weather"); len(e.Windows) != 0 || len(e.Quality) != 1 {
		t.Fatalf("labels made %d windows and %d qualities", len(e.Windows), len(e.Quality))
	}
	if a := e.Quality[0].Metrics["accuracy"]; math.Abs(a-0.80) > 0.01 || e.Quality[0].Status != monitor.QualityOK {
		t.Errorf("accuracy %.3f is %s", a, e.Quality[0].Status)
	}
}

func drift(t *testing.T, p *project, m *wet) {
	list := days(t, "New York", 2012, 2014)
	ids := p.world.serveDays(t, m, list)
	e := p.evaluate(t, "weather")
	if len(e.Windows) != 3 || e.Pending != 1 {
		t.Fatalf("1096 days made %d windows, %d left", len(e.Windows), e.Pending)
	}
	for _, w := range e.Windows {
		t.Log(w.Verdict.Text)
		if w.Status != monitor.StatusDrift || w.Drifted[0] != "wind" || !slices.Contains(w.Drifted, "prediction") {
			t.Errorf("window %d: %s", w.Number, w.Verdict.Text)
		}
	}
	if len(e.Alerts) != 2 || e.Alerts[0].Kind != monitor.AlertData || e.Alerts[1].Kind != monitor.AlertDrift || e.Alerts[1].Columns[0] != "wind" {
		t.Fatalf("before any label: alerts %+v", e.Alerts)
	}
	f, err := p.SustainedDrift(context.Background(), "weather", 2)
	if err != nil || !f.Holds || len(f.Windows) != 2 || f.Live.Version != 1 {
		t.Errorf("sustained drift: %+v, %v", f, err)
	}
	if f, _ = p.SustainedDrift(context.Background(), "weather", 4); f.Holds {
		t.Errorf("four windows in a row did not drift: %+v", f)
	}
	if f, err = p.QualityBelow(context.Background(), "weather", 0.7, 300); err != nil || f.Holds {
		t.Errorf("quality is known before the labels: %+v, %v", f, err)
	}
	p.world.labelDays(ids, list)
	e = p.evaluate(t, "weather")
	if len(e.Quality) != 3 || len(e.Alerts) != 1 || e.Alerts[0].Kind != monitor.AlertQuality {
		t.Fatalf("labels made %d qualities and alerts %+v", len(e.Quality), e.Alerts)
	}
	for _, q := range e.Quality {
		t.Log(q.Verdict.Text)
	}
	for _, floor := range []float64{0.7, 0} {
		if f, err = p.QualityBelow(context.Background(), "weather", floor, 300); err != nil || !f.Holds || f.Labelled < 300 || f.Columns[0] != "accuracy" {
			t.Errorf("floor %v: %+v, %v", floor, f, err)
		}
	}
}

func retrained(t *testing.T, p *project, m *wet) {
	if f, _ := p.SustainedDrift(context.Background(), "weather", 1); f.Holds {
		t.Errorf("drift from the old baseline counts against the new version: %+v", f)
	}
	list := days(t, "New York", 2015, 2015)
	ids := p.world.serveDays(t, m, list)
	e := p.evaluate(t, "weather")
	if len(e.Windows) != 1 || e.Windows[0].Version != 2 || e.Windows[0].Status != monitor.StatusQuiet {
		t.Fatalf("after the retrain: %+v", e.Windows)
	}
	t.Log(e.Windows[0].Verdict.Text)
	if d := effect(t, column(t, e.Windows[0], "wind"), "ks"); d > 0.25 {
		t.Errorf("wind D %.3f against the new baseline", d)
	}
	p.world.labelDays(ids, list)
	e = p.evaluate(t, "weather")
	if len(e.Quality) != 1 || math.Abs(e.Quality[0].Metrics["accuracy"]-0.73) > 0.01 {
		t.Errorf("quality after the retrain: %+v", e.Quality)
	}
}

// TestDriftOfNewYorkAgainstSeattle holds the three distances that the story rests on.
func TestDriftOfNewYorkAgainstSeattle(t *testing.T) {
	m := &wet{}
	w := newWorld()
	w.deploy(monitor.VersionRef{Model: "weather", Version: 1}, m.train(t, 1, "Seattle"))
	c := yearly
	c.Rows = 1461
	c.Drift = nil
	p := open(t, t.TempDir(), w, c)
	w.serveDays(t, m, days(t, "New York", 2012, 2015))
	e := p.evaluate(t, "weather")
	for name, want := range map[string]float64{"wind": 0.41, "temp_min": 0.27, "temp_max": 0.14} {
		x := column(t, e.Windows[0], name)
		if d := effect(t, x, "ks"); math.Abs(d-want) > 0.005 || x.PAdjusted > 1e-6 {
			t.Errorf("%s: D %.4f (adjusted p %g), want %.2f", name, d, x.PAdjusted, want)
		}
	}
	if column(t, e.Windows[0], "day").Drifted {
		t.Error("the calendar drifted")
	}
}
