package monitor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/monitor"
)

var one = monitor.VersionRef{Model: "m", Version: 1}

// numbers is a world whose only input is x, trained on evenly spread numbers from 0 to 1.
func numbers() *world {
	w := newWorld()
	w.deploy(one, training{csv: numbersCSV(305, 0), fields: []monitor.Field{{Name: "x", Type: "double"}}, task: "classification"})
	return w
}

// feed asks n times, with values shifted by shift.
func (w *world) feed(n int, shift float64) (ids []string) {
	w.mu.Lock()
	from := len(w.captures)
	w.mu.Unlock()
	for i := range n {
		ids = append(ids, w.ask(map[string]any{"x": spread(from+i) + shift}, (from+i)%2, nil))
	}
	return ids
}

func config(rows int) monitor.Config {
	return monitor.Config{Name: "m", Endpoint: "e", Rows: rows, Alert: monitor.AlertRule{Windows: 2, Of: 3}}
}

func TestConcurrentEvaluationsComputeEachWindowOnce(t *testing.T) {
	w := numbers()
	dir := t.TempDir()
	a := open(t, dir, w, config(60))
	b := &project{dir: dir, world: w, ledger: a.ledger, Service: a.sibling(t, config(60))}
	w.feed(60*12, 0)
	sub := a.events.Subscribe(0, 256)
	defer sub.Close()
	var all sync.WaitGroup
	for range 3 {
		for _, p := range []*project{a, b} {
			all.Go(func() {
				if _, err := p.Evaluate(context.Background(), "m"); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	list, err := a.Windows(context.Background(), "m", 100, 0)
	if err != nil || len(list) != 12 {
		t.Fatalf("%d windows, %v", len(list), err)
	}
	if n := len(sub.C); n != 12 {
		t.Errorf("12 windows made %d records", n)
	}
	after := ""
	for _, x := range slices.Backward(list) {
		if x.After != after {
			t.Errorf("window %d begins after %q, not %q", x.Number, x.After, after)
		}
		after = x.Until
	}
}

func TestSmallWindowsSayHowMuchIsNeeded(t *testing.T) {
	w := numbers()
	c := monitor.Config{Name: "m", Endpoint: "e", Every: time.Hour}
	p := open(t, t.TempDir(), w, c)
	w.feed(40, 5) // as far away as can be, and too few to say so
	w.now = w.now.Add(2 * time.Hour)
	e := p.evaluate(t, "m")
	if len(e.Windows) != 1 || len(e.Alerts) != 0 {
		t.Fatalf("%+v", e)
	}
	x := e.Windows[0]
	if x.Status != monitor.StatusTooSmall || x.Needed != 50 || !strings.Contains(x.Verdict.Text, "40") || !strings.Contains(x.Verdict.Text, "50 needed") || len(x.Drifted) != 0 {
		t.Errorf("%s: %s", x.Status, x.Verdict.Text)
	}
}

func TestWindowsOfTimeCloseWhenTheirTimeHasPassed(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, monitor.Config{Name: "m", Endpoint: "e", Every: time.Hour})
	w.feed(100, 0)
	if e := p.evaluate(t, "m"); len(e.Windows) != 0 || e.Pending != 100 {
		t.Fatalf("a running hour made %d windows; %d wait", len(e.Windows), e.Pending)
	}
	w.now = start.Add(5*time.Hour - 30*time.Second) // hours 1 to 3 stay empty
	w.feed(60, 0)                                   // half of them in the hour after
	e := p.evaluate(t, "m")
	if len(e.Windows) != 2 || e.Windows[0].Rows != 100 || e.Windows[1].Rows != 29 || e.Pending != 31 {
		t.Fatalf("windows %+v, %d wait", e.Windows, e.Pending)
	}
	if e = p.evaluate(t, "m"); len(e.Windows) != 0 {
		t.Errorf("a second look made %d windows", len(e.Windows))
	}
}

func TestFailedRequestsAreCountedAndNotJudged(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, config(60))
	w.feed(10, 0)
	for range 5 {
		w.ask(map[string]any{"x": 99.0}, nil, nil)
		w.captures[len(w.captures)-1].OK = false
	}
	w.feed(50, 0)
	e := p.evaluate(t, "m")
	if len(e.Windows) != 1 || e.Windows[0].Rows != 60 || e.Windows[0].Failed != 5 || *column(t, e.Windows[0], "x").Window.Max > 1 {
		t.Errorf("%+v", e.Windows)
	}
}

func TestAVersionWithoutTrainingDataIsSaidToHaveNone(t *testing.T) {
	w := numbers()
	w.trained[one] = training{}
	p := open(t, t.TempDir(), w, config(60))
	for _, id := range w.feed(60, 0) {
		w.label(id, 1)
	}
	e := p.evaluate(t, "m")
	if len(e.Windows) != 1 || e.Windows[0].Status != monitor.StatusNoBasis || !strings.Contains(e.Windows[0].Verdict.Text, "without training data") {
		t.Fatalf("%+v", e.Windows)
	}
	if len(e.Quality) != 1 || e.Quality[0].Metrics["accuracy"] != 0.5 {
		t.Errorf("quality needs no baseline: %+v", e.Quality)
	}
	p.checkRebuild(t, config(60))
}

func TestABaselineThatLacksAnInputIsRefused(t *testing.T) {
	w := numbers()
	w.trained[one] = training{csv: "y\n1\n", fields: []monitor.Field{{Name: "x", Type: "double"}}}
	p := open(t, t.TempDir(), w, config(60))
	w.feed(60, 0)
	if e := p.evaluate(t, "m"); e.Windows[0].Status != monitor.StatusNoBasis || !strings.Contains(e.Windows[0].Verdict.Text, `"x"`) {
		t.Errorf("%s", e.Windows[0].Verdict.Text)
	}
}

func TestWhatPassesIsTriedAgain(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, config(60))
	w.feed(60, 0)
	w.failing = errs.New(errs.Unavailable, "the disk is busy")
	if e, err := p.Evaluate(context.Background(), "m"); !errs.Is(err, errs.Unavailable) || len(e.Windows) != 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	w.failing = nil
	if e := p.evaluate(t, "m"); len(e.Windows) != 1 {
		t.Errorf("the window is lost: %+v", e)
	}
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	w := numbers()
	dir := t.TempDir()
	p := open(t, dir, w, config(60))
	w.feed(90, 0)
	p.evaluate(t, "m")
	p.ledger.Close()
	p = open(t, dir, w, config(60))
	w.feed(30, 0)
	e := p.evaluate(t, "m")
	if len(e.Windows) != 1 || e.Windows[0].Number != 2 || e.Windows[0].FirstCapture != "c000060" || e.Windows[0].LastCapture != "c000119" {
		t.Errorf("%+v", e.Windows)
	}
}

func TestTheRestOfAReplacedVersionIsJudgedOnItsOwnBaseline(t *testing.T) {
	w := numbers()
	p := open(t, t.TempDir(), w, config(100))
	w.feed(160, 0)
	two := monitor.VersionRef{Model: "m", Version: 2}
	w.deploy(two, training{csv: numbersCSV(305, 10), fields: []monitor.Field{{Name: "x", Type: "double"}}})
	if e := p.evaluate(t, "m"); len(e.Windows) != 1 {
		t.Fatalf("the old version may still be answering: %+v", e.Windows)
	}
	w.now = w.now.Add(2 * time.Minute)
	w.feed(100, 10)
	e := p.evaluate(t, "m")
	if len(e.Windows) != 2 || e.Windows[0].Version != 1 || e.Windows[0].Rows != 60 || e.Windows[1].Version != 2 {
		t.Fatalf("%+v", e.Windows)
	}
	for _, x := range e.Windows {
		if x.Status != monitor.StatusQuiet {
			t.Errorf("version %d against its own training data: %s", x.Version, x.Verdict.Text)
		}
	}
	if m, err := p.Get(context.Background(), "m"); err != nil || m.Live == nil || *m.Live != two || m.Last.Version != 2 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestDataChecksFailByMoreThanChance(t *testing.T) {
	w := newWorld()
	csv := "x,kind\n"
	for i := range 300 {
		csv += fmt.Sprintf("%v,%s\n", spread(i), []string{"a", "b", "c"}[i%3])
	}
	w.deploy(one, training{csv: csv, fields: []monitor.Field{{Name: "x", Type: "double"}, {Name: "kind", Type: "string"}}})
	p := open(t, t.TempDir(), w, config(100))
	for i := range 100 {
		in := map[string]any{"x": spread(i), "kind": []string{"a", "b", "c"}[i%3]}
		if i%5 == 0 {
			in["x"] = nil
		}
		if i%5 == 1 {
			in["x"] = 7.5
		}
		if i%4 == 0 {
			in["kind"] = "new <kind>"
		}
		w.ask(in, 1, nil)
	}
	e := p.evaluate(t, "m")
	failed := map[string]bool{}
	for _, c := range e.Windows[0].Columns {
		for _, k := range c.Checks {
			if failed[c.Name+" "+k.Code] = k.Failed; k.Reason == "" || k.Threshold == 0 {
				t.Errorf("%s %s has no threshold with a reason", c.Name, k.Code)
			}
		}
	}
	for _, want := range []string{"x missing", "x out_of_range", "kind new_category"} {
		if !failed[want] {
			t.Errorf("%s did not fail: %v", want, failed)
		}
	}
	if n := column(t, e.Windows[0], "kind").NewValues; len(n) != 1 || n[0] != "new <kind>" {
		t.Errorf("new values %v", n)
	}
}

func TestTextColumnsAreComparedByTheirWords(t *testing.T) {
	w := newWorld()
	known := []string{"warm", "soft", "blue", "coat", "nice", "fit", "long", "sleeve", "wool", "price"}
	csv := "review\n"
	for i := range 200 {
		csv += fmt.Sprintf("the %s %s is %s and %s\n", known[i%10], known[i/10%10], known[i%7], known[i%3])
	}
	w.deploy(one, training{csv: csv, fields: []monitor.Field{{Name: "review", Type: "string"}}})
	p := open(t, t.TempDir(), w, config(100))
	for i := range 100 {
		w.ask(map[string]any{"review": fmt.Sprintf("the %s %s is %s and %s", known[i%10], known[i/10], known[i%7], known[i%3])}, 1, nil)
	}
	for i := range 100 {
		w.ask(map[string]any{"review": fmt.Sprintf("battery died after %d days, charger overheats, refund please, never again from this seller", i%30)}, 1, nil)
	}
	e := p.evaluate(t, "m")
	if len(e.Windows) != 2 || e.Windows[0].Status != monitor.StatusQuiet || e.Windows[1].Status != monitor.StatusDrift {
		t.Fatalf("%s / %s", e.Windows[0].Verdict.Text, e.Windows[1].Verdict.Text)
	}
	for _, name := range []string{"review · length", "review · words", "review · unknown words"} {
		if c := column(t, e.Windows[1], name); !c.Drifted || c.Parent != "review" {
			t.Errorf("%s: %s", name, c.Verdict.Text)
		}
	}
	if n := column(t, e.Windows[1], "review · unknown words").NewValues; !slices.Contains(n, "battery") || slices.Contains(n, "the") {
		t.Errorf("new words %v", n)
	}
}

func TestOnlyTheNamedColumnsAreCompared(t *testing.T) {
	w := newWorld()
	csv := "x,y\n"
	for i := range 300 {
		csv += fmt.Sprintf("%v,%v\n", spread(i), spread(i+100))
	}
	w.deploy(one, training{csv: csv, fields: []monitor.Field{{Name: "x", Type: "double"}, {Name: "y", Type: "double"}}})
	c := config(60)
	c.Columns = []string{"y"}
	p := open(t, t.TempDir(), w, c)
	for i := range 60 {
		w.ask(map[string]any{"x": 100.0, "y": spread(i)}, 1, nil)
	}
	e := p.evaluate(t, "m")
	if x := e.Windows[0]; len(x.Columns) != 1 || x.Status != monitor.StatusQuiet {
		t.Errorf("%s", x.Verdict.Text)
	}
}
