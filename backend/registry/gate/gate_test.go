package gate_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/registry/gate"
)

func f(x float64) *float64 { return &x }

// days is a hold-out of two cities: 60 of the 100 days are dry.
func days() gate.Data {
	d := gate.Data{Task: gate.Classification, Others: map[string]gate.Other{}, Seed: 7}
	var champion []string
	for i := range 100 {
		label, city := "0", "Seattle"
		if i%5 < 2 {
			label = "1"
		}
		if i >= 50 {
			city = "New York"
		}
		d.Labels, d.Segments = append(d.Labels, label), append(d.Segments, city)
		d.Answers = append(d.Answers, wrongAt(label, i%10 == 0))                                 // 90 %
		champion = append(champion, wrongAt(label, i%10 == 0 || city == "New York" && i%2 == 0)) // 70 %
	}
	d.Others["champion"] = gate.Other{Version: 1, Answers: champion}
	return d
}

func wrongAt(label string, wrong bool) string {
	if !wrong {
		return label
	}
	if label == "1" {
		return "0"
	}
	return "1"
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name string
		rule gate.Rule
		pass bool
		text string
	}{
		{"above the floor", gate.Rule{Metric: "accuracy", Min: f(0.9)}, true, "90.0 %"},
		{"below the floor", gate.Rule{Metric: "accuracy", Min: f(0.91)}, false, "at least 91.0 %"},
		{"better than the commonest class", gate.Rule{Metric: "accuracy", Over: gate.Majority, Margin: f(0.3)}, true, "+30.0 points"},
		{"not by so much", gate.Rule{Metric: "accuracy", Over: gate.Majority, Margin: f(0.31)}, false, "at least +31.0 points"},
		{"every class", gate.Rule{Metric: "recall", Per: "class", Min: f(0.75)}, true, "per class"},
		{"a class too weak", gate.Rule{Metric: "recall", Per: "class", Min: f(0.8)}, false, "fails for 1"},
		{"every segment", gate.Rule{Metric: "accuracy", Per: "segment", Min: f(0.9)}, true, "New York"},
		{"the champion, with certainty", gate.Rule{Metric: "accuracy", Over: "champion", Confidence: 0.95}, true, "interval"},
		{"the champion by a lot, with certainty", gate.Rule{Metric: "accuracy", Over: "champion", Margin: f(0.2), Confidence: 0.95}, false, "interval"},
		{"an alias nobody set", gate.Rule{Metric: "accuracy", Over: "nobody", Margin: f(0.5)}, true, "not set yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := gate.Judge([]gate.Rule{c.rule}, days())
			if err != nil {
				t.Fatal(err)
			}
			if v := r.Verdicts[0]; v.Passed != c.pass || r.Passed != c.pass || !strings.Contains(v.Text, c.text) {
				t.Errorf("passed %v: %s", v.Passed, v.Text)
			}
		})
	}
}

func TestComparisonIsPairedAndRepeatable(t *testing.T) {
	rules := []gate.Rule{{Metric: "accuracy", Over: "champion", Confidence: 0.95}}
	a, err := gate.Judge(rules, days())
	if err != nil {
		t.Fatal(err)
	}
	b, _ := gate.Judge(rules, days())
	if !reflect.DeepEqual(a, b) {
		t.Error("the same data gave two results")
	}
	c := a.Comparison
	if c == nil || c.Better != 20 || c.Worse != 0 || c.Version != 1 {
		t.Fatalf("comparison: %+v", c)
	}
	// The paired difference of 100 rows of which 20 changed for the better has the
	// standard error sqrt(0.2·0.8/100) = 0.04, so its 95 % interval is 0.2 ± 0.078.
	if math.Abs(c.Interval.Low-0.122) > 0.02 || math.Abs(c.Interval.High-0.278) > 0.02 {
		t.Errorf("interval %.3f to %.3f", c.Interval.Low, c.Interval.High)
	}
	if s := c.Segments; len(s) != 2 || s[0].Name != "New York" || s[0].Difference <= 0.3 || s[1].Difference != 0 {
		t.Errorf("segments: %+v", s)
	}
}

func TestRegressionPrefersLess(t *testing.T) {
	d := gate.Data{
		Task: gate.Regression, Labels: []string{"1", "2", "3", "4"}, Answers: []string{"1.1", "2.1", "2.9", "4"},
		Others: map[string]gate.Other{"champion": {Version: 3, Answers: []string{"2", "3", "4", "5"}}},
	}
	r, err := gate.Judge([]gate.Rule{{Metric: "mae", Over: "champion", Margin: f(0.9)}, {Metric: "rmse", Over: gate.Majority}}, d)
	if err != nil || !r.Passed {
		t.Fatalf("%v %+v", err, r.Verdicts)
	}
	if r.Scores.MAE == nil || math.Abs(*r.Scores.MAE-0.075) > 1e-9 || r.Comparison.Difference <= 0 {
		t.Errorf("%+v %+v", r.Scores, r.Comparison)
	}
}

func TestLabelsMeetWhateverTheyAreWrittenAs(t *testing.T) {
	for _, same := range [][]any{{1, "1", 1.0, "1.0", float32(1), int64(1), true, "true", " 1 "}, {"rain", " rain"}, {0, false, "0", "False"}} {
		for _, v := range same {
			if got, want := gate.Canonical(v), gate.Canonical(same[0]); got != want {
				t.Errorf("%T %v is %q, not %q", v, v, got, want)
			}
		}
	}
}

func TestRulesThatCannotBeJudgedAreRefused(t *testing.T) {
	for _, r := range []gate.Rule{{Metric: "beauty"}, {Metric: "mae"}, {Metric: "accuracy", Per: "class"}, {Metric: "recall", Per: "house"}, {Metric: "f1", Per: "class", Over: "champion"}} {
		if _, err := gate.Judge([]gate.Rule{r}, days()); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if _, err := gate.Judge(nil, gate.Data{}); !errs.Is(err, errs.Precondition) {
		t.Errorf("no rows: %v", err)
	}
}
