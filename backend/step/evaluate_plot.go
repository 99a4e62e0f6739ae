package step

import (
	"os"
	"path"
	"strconv"
)

const calibrationBins = 10

// plot writes the tables that charts are drawn from.
func (e *exam) plot(root *os.Root, dir string) error {
	confusion := [][]string{}
	for i, truth := range e.scores.Classes {
		for j, answer := range e.scores.Classes {
			confusion = append(confusion, []string{truth.Class, answer.Class, strconv.Itoa(e.scores.Confusion[i][j])})
		}
	}
	if err := writeTable(root, path.Join(dir, "confusion.csv"), []string{"actual", "predicted", "rows"}, confusion); err != nil {
		return err
	}
	if err := e.plotSegments(root, dir); err != nil {
		return err
	}
	truth, ok := e.binary()
	if !ok {
		return nil
	}
	if err := writeTable(root, path.Join(dir, "calibration.csv"), []string{"predicted", "observed", "rows"}, calibration(truth, e.answers.scores)); err != nil {
		return err
	}
	curve := [][]string{}
	for _, p := range roc(truth, e.answers.scores) {
		curve = append(curve, []string{short(p.fpr), short(p.tpr), short(p.threshold)})
	}
	return writeTable(root, path.Join(dir, "roc.csv"), []string{"fpr", "tpr", "threshold"}, curve)
}

func (e *exam) plotSegments(root *os.Root, dir string) error {
	if e.segments == nil {
		return nil
	}
	rows := [][]string{}
	for _, s := range e.metrics.segments {
		row := []string{s}
		for _, figure := range []string{"rows", "accuracy", "majority", "f1"} {
			v, _ := e.metrics.get(figure + "/" + s)
			row = append(row, short(v))
		}
		rows = append(rows, row)
	}
	return writeTable(root, path.Join(dir, "segments.csv"), []string{"segment", "rows", "accuracy", "majority", "f1"}, rows)
}

// calibration compares, for ten bands of probability, what was said with what came true.
func calibration(truth []bool, scores []float64) [][]string {
	var said, came, rows [calibrationBins]float64
	for i, p := range scores {
		b := min(int(p*calibrationBins), calibrationBins-1)
		said[b] += p
		rows[b]++
		if truth[i] {
			came[b]++
		}
	}
	table := [][]string{}
	for b, n := range rows {
		if n > 0 {
			table = append(table, []string{short(said[b] / n), short(came[b] / n), short(n)})
		}
	}
	return table
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }
