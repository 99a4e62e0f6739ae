package monitor

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"rondo/backend/monitor/stat"
)

// score measures how right the labelled answers among the captures were.
func score(captures []Capture, task string, rule Config) Quality {
	q := Quality{Task: task, Metrics: map[string]float64{}, Rows: len(captures)}
	var labelled []Capture
	for _, c := range captures {
		if c.Labelled && !missing(c.Label) && !missing(c.Prediction) {
			labelled = append(labelled, c)
		}
	}
	q.Labelled, q.Coverage = len(labelled), share(len(labelled), len(captures))
	if task == "regression" {
		scoreNumbers(&q, labelled)
	} else {
		scoreClasses(&q, labelled)
	}
	q.judge(rule)
	return q
}

func scoreNumbers(q *Quality, labelled []Capture) {
	var abs, square, bias, n float64
	for _, c := range labelled {
		p, ok1 := number(c.Prediction)
		y, ok2 := number(c.Label)
		if ok1 && ok2 {
			e := p - y
			abs, square, bias, n = abs+math.Abs(e), square+e*e, bias+e, n+1
		}
	}
	if q.Labelled = int(n); n > 0 {
		q.Metrics["mae"], q.Metrics["rmse"], q.Metrics["bias"] = printable(abs/n), printable(math.Sqrt(square/n)), printable(bias/n)
	}
	q.Coverage = share(q.Labelled, q.Rows)
}

// printable keeps a sum that overflowed a number that JSON can say.
func printable(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return math.Max(-math.MaxFloat64, math.Min(math.MaxFloat64, x))
}

func scoreClasses(q *Quality, labelled []Capture) {
	if len(labelled) == 0 {
		return
	}
	by, right := map[string]*ClassQuality{}, 0
	at := func(name string) *ClassQuality {
		if by[name] == nil {
			by[name] = &ClassQuality{Class: name}
		}
		return by[name]
	}
	hits := map[string]int{}
	for _, c := range labelled {
		p, y := class(c.Prediction), class(c.Label)
		at(p).Predicted++
		at(y).Support++
		if p == y {
			right++
			hits[y]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		c := by[name]
		c.Precision, c.Recall = share(hits[name], c.Predicted), share(hits[name], c.Support)
		c.F1 = 2 * share(hits[name], c.Predicted+c.Support)
		q.Classes = append(q.Classes, *c)
		q.Metrics["f1_macro"] += c.F1 / float64(len(by))
	}
	q.Metrics["accuracy"] = share(right, len(labelled))
	q.Metrics["accuracy_low"], q.Metrics["accuracy_high"] = stat.Wilson(right, len(labelled))
}

// metric finds a metric by name: "accuracy", or "recall:CLASS" and its like.
func (q Quality) metric(name string) (float64, bool) {
	kind, of, perClass := strings.Cut(name, ":")
	if !perClass {
		v, ok := q.Metrics[name]
		return v, ok
	}
	for _, c := range q.Classes {
		if c.Class == class(of) {
			v, ok := map[string]float64{"recall": c.Recall, "precision": c.Precision, "f1": c.F1}[kind]
			return v, ok
		}
	}
	return 0, false
}

// judge holds the metrics against their bounds.
func (q *Quality) judge(rule Config) {
	switch {
	case q.Labelled == 0:
		q.Status = QualityNoLabels
	case q.Labelled < MinLabels:
		q.Status = QualityTooFew
	default:
		q.Status = QualityOK
		for _, name := range slices.Sorted(maps.Keys(rule.Quality)) {
			q.hold(name, rule.Quality[name])
		}
	}
	q.Verdict = qualityVerdict(*q, rule)
}

func (q *Quality) hold(name string, b Bound) {
	v, ok := q.metric(name)
	if !ok {
		return
	}
	if b.Min != nil && v < *b.Min {
		q.Breaches = append(q.Breaches, Breach{name, v, *b.Min, true, fmt.Sprintf("rondo.yaml asks for %s of at least %v", name, *b.Min)})
	}
	if b.Max != nil && v > *b.Max {
		q.Breaches = append(q.Breaches, Breach{name, v, *b.Max, false, fmt.Sprintf("rondo.yaml asks for %s of at most %v", name, *b.Max)})
	}
	if len(q.Breaches) > 0 {
		q.Status = QualityBelow
	}
}

func qualityVerdict(q Quality, rule Config) Verdict {
	values := map[string]any{"labelled": q.Labelled, "rows": q.Rows, "coverage": q.Coverage, "needed": MinLabels}
	switch q.Status {
	case QualityNoLabels:
		return says("quality.no_labels", values, "No labels yet for %d answers", q.Rows)
	case QualityTooFew:
		return says("quality.not_enough_labels", values, "Not enough labels: %d of %d answers, %d needed", q.Labelled, q.Rows, MinLabels)
	case QualityBelow:
		b := q.Breaches[0]
		values["metric"], values["value"], values["bound"] = b.Metric, b.Value, b.Bound
		side := "below"
		if !b.Below {
			side = "above"
		}
		return says("quality.below", values, "%s is %.3f, %s %v, over %d labelled answers", b.Metric, b.Value, side, b.Bound, q.Labelled)
	}
	name := headline(q)
	values["metric"], values["value"] = name, q.Metrics[name]
	return says("quality.ok", values, "%s is %.3f over %d labelled answers of %d", name, q.Metrics[name], q.Labelled, q.Rows)
}

// headline is the metric a task is spoken of by.
func headline(q Quality) string {
	if q.Task == "regression" {
		return "mae"
	}
	return "accuracy"
}

// same reports whether two measurements say the same, whenever they were made.
func (q Quality) same(o Quality) bool {
	return q.Labelled == o.Labelled && q.Rows == o.Rows && maps.Equal(q.Metrics, o.Metrics) && q.Status == o.Status &&
		slices.EqualFunc(q.Classes, o.Classes, func(a, b ClassQuality) bool { return cmp.Compare(a.Class, b.Class) == 0 && a == b })
}
