package monitor_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"rondo/backend/fault"
	"rondo/backend/journal"
	"rondo/backend/monitor"
)

var crashPoints = []string{
	"monitor.kept", "monitor.measured", "ledger.staged", "journal.written", "journal.synced", "ledger.committed",
	"monitor.recorded", "monitor.scored", "monitor.alerting",
}

// TestMain lets the test binary be the program that gets killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RONDO_TEST_MONITOR_DIR"); dir != "" {
		evaluateUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

var crashing = monitor.Config{
	Name: "m", Endpoint: "e", Rows: 60, Alert: monitor.AlertRule{Windows: 2, Of: 3},
	Quality: map[string]monitor.Bound{"accuracy": {Min: at(0.6)}},
}

// story is the same in every process: 640 answers, quiet at first, drifted and
// wrong later, all labelled.
func story() *world {
	w := newWorld()
	w.deploy(monitor.VersionRef{Model: "m", Version: 1}, training{csv: numbersCSV(300, 0), fields: []monitor.Field{{Name: "x", Type: "double"}}, task: "classification"})
	for i := range 640 {
		x := spread(i)
		if i >= 180 && i < 420 {
			x += 1
		}
		id := w.ask(map[string]any{"x": x}, 1, nil)
		w.label(id, min(1, i/180*(i%2)+(1-min(1, i/180))))
	}
	return w
}

// spread returns evenly spread numbers from 0 to 1 in a shuffled order.
func spread(i int) float64 { return float64(i*377%610) / 610 }

func numbersCSV(n int, shift float64) string {
	s := "x\n"
	for i := range n {
		s += strconv.FormatFloat(spread(i)+shift, 'g', -1, 64) + "\n"
	}
	return s
}

func evaluateUntilKilled(dir string) {
	p, err := tryOpen(dir, story(), crashing)
	if err != nil {
		fmt.Println("OPEN", err)
		os.Exit(3)
	}
	left, _ := strconv.Atoi(os.Getenv("RONDO_TEST_MONITOR_AFTER"))
	fault.Hook(func(point string) {
		if point == os.Getenv("RONDO_TEST_MONITOR_AT") {
			if left--; left < 0 {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	})
	if _, err := p.Evaluate(context.Background(), "m"); err != nil {
		fmt.Println("EVALUATE", err)
		os.Exit(3)
	}
}

// TestKilledBetweenWindowsNothingIsTwiceOrMissing kills the program at every moment
// that matters, again and again in one folder, until it gets through.
func TestKilledBetweenWindowsNothingIsTwiceOrMissing(t *testing.T) {
	want := outcome(t, t.TempDir(), func(dir string) {
		if out, err := crash(dir, "", 0); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	})
	if n := len(want); n < 10+10+1 {
		t.Fatalf("the story makes %d records only: %v", n, want)
	}
	killed := 0
	got := outcome(t, t.TempDir(), func(dir string) {
		for _, point := range crashPoints {
			for _, after := range []int{0, 1} {
				out, err := crash(dir, point, after)
				if err != nil && len(out) > 0 {
					t.Fatalf("at %s: %v: %s", point, err, out)
				}
				if err != nil {
					killed++
				}
			}
		}
		if out, err := crash(dir, "", 0); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	})
	if killed < 12 {
		t.Errorf("only %d rounds ended by a kill", killed)
	}
	if !slices.Equal(got, want) {
		t.Errorf("after the crashes:\n%v\nwithout:\n%v", got, want)
	}
}

func crash(dir, point string, after int) ([]byte, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RONDO_TEST_MONITOR_DIR="+dir, "RONDO_TEST_MONITOR_AT="+point, fmt.Sprint("RONDO_TEST_MONITOR_AFTER=", after))
	return cmd.Output()
}

// outcome lists what a folder's journal says, in the order of the windows.
func outcome(t *testing.T, dir string, run func(dir string)) (list []string) {
	t.Helper()
	run(dir)
	kinds := map[string]int{}
	if damaged, err := journal.Walk(dir+"/journal", func(r journal.Record) error { kinds[r.Kind]++; return nil }); err != nil || len(damaged) > 0 {
		t.Fatal(err, damaged)
	}
	p := open(t, dir, story(), crashing)
	windows, err := p.Windows(context.Background(), "m", 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	after := ""
	for i, w := range slices.Backward(windows) {
		if w.After != after || w.Number != len(windows)-i || w.Rows != 60 {
			t.Errorf("window %d begins after %q, the one before ended at %q", w.Number, w.After, after)
		}
		after = w.Until
		list = append(list, fmt.Sprint("window ", w.ID, w.Status))
		revisions, err := p.Revisions(context.Background(), "m", w.ID)
		if err != nil || len(revisions) != 1 {
			t.Errorf("window %d has %d qualities, %v", w.Number, len(revisions), err)
		}
		list = append(list, fmt.Sprint("quality ", w.ID, w.Quality.Status))
	}
	alerts, err := p.Alerts(context.Background(), monitor.AlertQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		list = append(list, fmt.Sprint("alert ", a.Kind, len(a.Windows), a.Status))
	}
	if kinds["monitor.window"] != len(windows) || kinds["monitor.quality"] != len(windows) || kinds["alert.raised"] != len(alerts) {
		t.Errorf("the journal holds %v", kinds)
	}
	p.checkRebuild(t, crashing)
	slices.Sort(list)
	return list
}
