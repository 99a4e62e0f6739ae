package monitor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/monitor"
)

// TestFalseAlarmsAreRare draws windows from the very distribution that their baseline
// was drawn from: ten columns of numbers, none of which moved. It holds the combined
// rule against what each half of it, and the usual defaults, would have said.
func TestFalseAlarmsAreRare(t *testing.T) {
	const baselines, each = 10, 10
	r := rand.New(rand.NewPCG(7, 42))
	for _, rows := range []int{50, 100, 300} {
		rule, err := monitor.Config{Name: "m", Endpoint: "e", Rows: rows, Drift: map[string]float64{"psi": 0.1, "wasserstein": 0.1, "js": 0.1}}.Normal()
		if err != nil {
			t.Fatal(err)
		}
		var windows []monitor.Window
		for range baselines {
			csv, fields := normals(r, 1000)
			for range each {
				tr := monitor.Trained{Inputs: fields, Rows: io.NopCloser(strings.NewReader(csv))}
				w, err := monitor.Compare(context.Background(), one, tr, undrifted(r, fields, rows), rule)
				if err != nil {
					t.Fatal(err)
				}
				windows = append(windows, w)
			}
		}
		both, effect, chance := alarms(windows)
		t.Logf("%3d rows, %d windows of ten undrifted columns: effect and significance %.1f %%, any effect of 0.1 alone %.1f %%, any p < 0.05 alone %.1f %%",
			rows, len(windows), 100*both, 100*effect, 100*chance)
		if both > 0.03 {
			t.Errorf("%d rows: %.1f %% of the windows are false alarms", rows, 100*both)
		}
		if rows <= 100 && (effect < 0.9 || chance < 0.2) {
			t.Errorf("%d rows: the halves of the rule alone would not have cried wolf (%.2f, %.2f); the simulation is too easy", rows, effect, chance)
		}
	}
}

func normals(r *rand.Rand, rows int) (csv string, fields []monitor.Field) {
	var b strings.Builder
	b.WriteString("a,b,c,d,e,f,g,h,i,j\n")
	for _, name := range strings.Split("abcdefghij", "") {
		fields = append(fields, monitor.Field{Name: name, Type: "double"})
	}
	for range rows {
		for c := range fields {
			fmt.Fprintf(&b, "%s%v", []string{"", ","}[min(1, c)], r.NormFloat64())
		}
		b.WriteByte('\n')
	}
	return b.String(), fields
}

func undrifted(r *rand.Rand, fields []monitor.Field, rows int) (list []monitor.Capture) {
	for range rows {
		in := map[string]any{}
		for _, f := range fields {
			in[f.Name] = r.NormFloat64()
		}
		list = append(list, monitor.Capture{Inputs: in, OK: true})
	}
	return list
}

// alarms returns the shares of windows that each rule calls drifted.
func alarms(windows []monitor.Window) (rule, effect, chance float64) {
	for _, w := range windows {
		reached, small := false, false
		for _, c := range w.Columns {
			for _, e := range c.Effects {
				reached = reached || e.Reached
			}
			small = small || c.P < 0.05
		}
		for to, is := range map[*float64]bool{&rule: w.Status == monitor.StatusDrift, &effect: reached, &chance: small} {
			if is {
				*to += 1 / float64(len(windows))
			}
		}
	}
	return rule, effect, chance
}

// TestRealShiftsAreFound is the other side: what moved is found, from small windows on.
func TestRealShiftsAreFound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	csv := "x\n"
	for range 1000 {
		csv += fmt.Sprintln(r.NormFloat64())
	}
	for _, c := range []struct {
		rows  int
		shift float64
		most  float64 // share of windows that may be missed
	}{{50, 1, 0.05}, {100, 0.5, 0.2}, {300, 0.5, 0}} {
		w := newWorld()
		w.deploy(one, training{csv: csv, fields: []monitor.Field{{Name: "x", Type: "double"}}})
		p := open(t, t.TempDir(), w, config(c.rows))
		for range c.rows * 20 {
			w.ask(map[string]any{"x": r.NormFloat64() + c.shift}, 1, nil)
		}
		missed := 0
		for _, x := range p.evaluate(t, "m").Windows {
			if x.Status != monitor.StatusDrift {
				missed++
			}
		}
		t.Logf("%d rows, moved by %v standard deviations: %d of 20 windows missed", c.rows, c.shift, missed)
		if float64(missed)/20 > c.most {
			t.Errorf("%d rows moved by %v: %d of 20 windows missed", c.rows, c.shift, missed)
		}
	}
}

// FuzzBaselinesAndCaptures gives the monitor training data and values that no one
// would have written: the result must always be one that can be recorded.
func FuzzBaselinesAndCaptures(f *testing.F) {
	f.Add("x\n1\n2\n3\n", "double", "4")
	f.Add("x,y\n1,\"a\nb\"\n", "string", "")
	f.Add("\ufeffx\nNaN\n-Inf\n1e999\n", "long", "1e400")
	f.Add("x\n\"\n", "boolean", "true")
	f.Add("", "", "\x00\xff")
	f.Add("x\na,b\n", "datetime", "2026-01-01")
	f.Add("x\n1e308\n-1e308\n5e-324\n", "double", "-1.7e308")
	f.Fuzz(func(t *testing.T, csv, kind, value string) {
		rule, err := monitor.Config{Name: "m", Endpoint: "e", Rows: 3, MinRows: 1, Drift: map[string]float64{"psi": 0.1, "js": 0.1, "wasserstein": 0.1}}.Normal()
		if err != nil {
			t.Fatal(err)
		}
		var captures []monitor.Capture
		number, _ := strconv.ParseFloat(value, 64)
		for _, x := range []any{value, nil, number, map[string]any{value: value}} {
			captures = append(captures, monitor.Capture{Inputs: map[string]any{"x": x}, Prediction: x, Labelled: true, Label: value, OK: true})
		}
		tr := monitor.Trained{Inputs: []monitor.Field{{Name: "x", Type: kind}}, Rows: io.NopCloser(strings.NewReader(csv))}
		w, err := monitor.Compare(context.Background(), one, tr, captures, rule)
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Fatalf("a faulty baseline is nobody's fault but its own: %v", err)
			}
			return
		}
		for _, task := range []string{"classification", "regression"} {
			if _, err := json.Marshal(monitor.Score(captures, task, rule)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := json.Marshal(w); err != nil {
			t.Fatal(err)
		}
	})
}
