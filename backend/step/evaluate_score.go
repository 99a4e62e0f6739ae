package step

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"

	"rondo/backend/registry/gate"
)

// metrics are named figures in the order in which they were made. A name is the
// figure, or figure/part for one class or segment, which MLflow shows as groups.
type metrics struct {
	names    []string
	values   map[string]float64
	segments []string
}

func (m *metrics) set(name string, v float64) {
	if m.values == nil {
		m.values = map[string]float64{}
	}
	if _, ok := m.values[name]; !ok {
		m.names = append(m.names, name)
	}
	m.values[name] = v
}

func (m *metrics) get(name string) (float64, bool) {
	v, ok := m.values[name]
	return v, ok
}

// json writes one figure a line, so that a diff of two commits is readable.
func (m *metrics) json() []byte {
	var b bytes.Buffer
	b.WriteString("{\n")
	for i, name := range m.names {
		key, _ := json.Marshal(name)
		b.WriteString("  " + string(key) + ": " + strconv.FormatFloat(m.values[name], 'g', -1, 64))
		if i < len(m.names)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return b.Bytes()
}

func (e *exam) measure() {
	e.scores = gate.Score(gate.Classification, e.labels, e.answers.values)
	m := &e.metrics
	m.set("rows", float64(len(e.labels)))
	m.set("accuracy", *e.scores.Accuracy)
	m.set("majority", majority(e.labels))
	m.set("f1", *e.scores.F1)
	m.set("precision", *e.scores.Precision)
	m.set("recall", *e.scores.Recall)
	e.measureScores()
	for _, c := range e.scores.Classes {
		m.set("rows/class "+c.Class, float64(c.Rows))
		m.set("precision/class "+c.Class, c.Precision)
		m.set("recall/class "+c.Class, c.Recall)
		m.set("f1/class "+c.Class, c.F1)
	}
	e.measureSegments()
}

// majority is the share of rows that always guessing the commonest label gets right.
func majority(labels []string) float64 {
	counts, most := map[string]int{}, 0
	for _, l := range labels {
		counts[l]++
		most = max(most, counts[l])
	}
	return float64(most) / float64(len(labels))
}

// measureScores judges the probabilities, where the question is yes or no.
func (e *exam) measureScores() {
	truth, ok := e.binary()
	if !ok {
		return
	}
	loss, brier := 0.0, 0.0
	for i, p := range e.answers.scores {
		right := p
		if !truth[i] {
			right = 1 - p
		}
		loss -= math.Log(math.Max(right, 1e-15))
		brier += (1 - right) * (1 - right)
	}
	n := float64(len(truth))
	e.metrics.set("log_loss", loss/n)
	e.metrics.set("brier", brier/n)
	if points := roc(truth, e.answers.scores); points != nil {
		e.metrics.set("roc_auc", area(points))
	}
}

// binary returns whether each label is 1, where labels are 0 and 1 and there are scores.
func (e *exam) binary() (truth []bool, ok bool) {
	if e.answers.scores == nil {
		return nil, false
	}
	for _, l := range e.labels {
		if l != "0" && l != "1" {
			return nil, false
		}
		truth = append(truth, l == "1")
	}
	return truth, true
}

func (e *exam) measureSegments() {
	rows := map[string][]int{}
	for i, s := range e.segments {
		rows[s] = append(rows[s], i)
	}
	e.metrics.segments = slices.Sorted(maps.Keys(rows))
	for _, name := range e.metrics.segments {
		var labels, values []string
		for _, i := range rows[name] {
			labels, values = append(labels, e.labels[i]), append(values, e.answers.values[i])
		}
		s := gate.Score(gate.Classification, labels, values)
		e.metrics.set("rows/"+name, float64(len(labels)))
		e.metrics.set("accuracy/"+name, *s.Accuracy)
		e.metrics.set("majority/"+name, majority(labels))
		e.metrics.set("f1/"+name, *s.F1)
	}
}

// rocPoint is the two rates when every score from the threshold up counts as yes.
type rocPoint struct{ threshold, fpr, tpr float64 }

// roc goes through the thresholds from above; equal scores make one step. It is nil
// where only one class occurs.
func roc(truth []bool, scores []float64) []rocPoint {
	order := make([]int, len(scores))
	yes := 0
	for i := range order {
		order[i] = i
		if truth[i] {
			yes++
		}
	}
	no := len(scores) - yes
	if yes == 0 || no == 0 {
		return nil
	}
	sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] > scores[order[b]] })
	points := []rocPoint{{threshold: 1}}
	hits, falls := 0, 0
	for k, i := range order {
		if truth[i] {
			hits++
		} else {
			falls++
		}
		if k+1 < len(order) && scores[order[k+1]] == scores[i] {
			continue
		}
		points = append(points, rocPoint{scores[i], float64(falls) / float64(no), float64(hits) / float64(yes)})
	}
	return points
}

// area is the area under the curve, by trapezoids.
func area(points []rocPoint) (sum float64) {
	for i := 1; i < len(points); i++ {
		sum += (points[i].fpr - points[i-1].fpr) * (points[i].tpr + points[i-1].tpr) / 2
	}
	return sum
}
