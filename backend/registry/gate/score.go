package gate

import (
	"maps"
	"math"
	"slices"
)

// Scores say how good answers are. For classification Accuracy, the macro averages
// and Classes are set; for regression MAE and RMSE.
type Scores struct {
	Accuracy  *float64     `json:"accuracy,omitempty"`
	F1        *float64     `json:"f1,omitempty"` // macro average, as are the two below
	Precision *float64     `json:"precision,omitempty"`
	Recall    *float64     `json:"recall,omitempty"`
	MAE       *float64     `json:"mae,omitempty"`
	RMSE      *float64     `json:"rmse,omitempty"`
	Classes   []ClassScore `json:"classes,omitempty"`
	Confusion [][]int      `json:"confusion,omitempty"` // rows: truth, columns: answer; in the order of Classes
}

// ClassScore is one class apart.
type ClassScore struct {
	Class     string  `json:"class"`
	Rows      int     `json:"rows"` // with this label
	Answered  int     `json:"answered"`
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
	F1        float64 `json:"f1"`
}

// Score compares answers with labels.
func Score(task string, labels, answers []string) Scores {
	if task == Regression {
		mae, rmse := deviations(labels, answers, nil)
		return Scores{MAE: &mae, RMSE: &rmse}
	}
	t := newTable(labels, answers)
	for i := range t.truth {
		t.add(i, 1)
	}
	return t.scores()
}

// deviations returns mean absolute and root mean squared error of weighted rows.
func deviations(labels, answers []string, weights []int) (mae, rmse float64) {
	n := 0
	for i := range labels {
		w := 1
		if weights != nil {
			w = weights[i]
		}
		d := value(answers[i]) - value(labels[i])
		mae += float64(w) * math.Abs(d)
		rmse += float64(w) * d * d
		n += w
	}
	return mae / float64(n), math.Sqrt(rmse / float64(n))
}

// table is a confusion table whose rows can be added with weights.
type table struct {
	classes       []string
	truth, answer []int // class of each row
	cells         []int // len(classes)²
}

func newTable(labels, answers []string) *table {
	seen := map[string]bool{}
	for i := range labels {
		seen[labels[i]], seen[answers[i]] = true, true
	}
	t := &table{classes: slices.Sorted(maps.Keys(seen))}
	number := map[string]int{}
	for i, c := range t.classes {
		number[c] = i
	}
	for i := range labels {
		t.truth = append(t.truth, number[labels[i]])
		t.answer = append(t.answer, number[answers[i]])
	}
	t.clear()
	return t
}

func (t *table) clear() { t.cells = make([]int, len(t.classes)*len(t.classes)) }

func (t *table) add(row, weight int) { t.cells[t.truth[row]*len(t.classes)+t.answer[row]] += weight }

func (t *table) cell(truth, answer int) int { return t.cells[truth*len(t.classes)+answer] }

// class returns one class's counts and rates; a rate of nothing is 0.
func (t *table) class(c int) ClassScore {
	s := ClassScore{Class: t.classes[c]}
	for k := range t.classes {
		s.Rows += t.cell(c, k)
		s.Answered += t.cell(k, c)
	}
	s.Recall = ratio(t.cell(c, c), s.Rows)
	s.Precision = ratio(t.cell(c, c), s.Answered)
	s.F1 = ratio(2*t.cell(c, c), s.Rows+s.Answered)
	return s
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (t *table) accuracy() float64 {
	right, all := 0, 0
	for c := range t.classes {
		right += t.cell(c, c)
	}
	for _, n := range t.cells {
		all += n
	}
	return ratio(right, all)
}

// metric returns one macro figure. Classes that neither occur nor were answered do not count.
func (t *table) metric(name string) float64 {
	if name == "accuracy" {
		return t.accuracy()
	}
	sum, n := 0.0, 0
	for c := range t.classes {
		if s := t.class(c); s.Rows+s.Answered > 0 {
			sum, n = sum+s.rate(name), n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

func (s ClassScore) rate(metric string) float64 {
	switch metric {
	case "recall":
		return s.Recall
	case "precision":
		return s.Precision
	}
	return s.F1
}

func (t *table) scores() Scores {
	acc, f1, p, r := t.accuracy(), t.metric("f1"), t.metric("precision"), t.metric("recall")
	s := Scores{Accuracy: &acc, F1: &f1, Precision: &p, Recall: &r}
	for c := range t.classes {
		s.Classes = append(s.Classes, t.class(c))
		s.Confusion = append(s.Confusion, slices.Clone(t.cells[c*len(t.classes):(c+1)*len(t.classes)]))
	}
	return s
}

// Get returns a figure by its name in a Rule.
func (s Scores) Get(metric string) (float64, bool) {
	p := map[string]*float64{"accuracy": s.Accuracy, "f1": s.F1, "precision": s.Precision, "recall": s.Recall, "mae": s.MAE, "rmse": s.RMSE}[metric]
	if p == nil {
		return 0, false
	}
	return *p, true
}

// lowerIsBetter reports whether less of the metric is better.
func lowerIsBetter(metric string) bool { return metric == "mae" || metric == "rmse" }
