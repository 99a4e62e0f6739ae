package cli

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"rondo/backend/dataset/profile"
)

const (
	maxMatrix = 9  // columns that fit on a line beside each other
	maxPairs  = 12 // of a table with more
)

// sayAssociations shows which columns go together: all with all while they fit on a line,
// else the pairs that do most.
func (c *call) sayAssociations(list []profile.Association) {
	for _, a := range list {
		c.say("\n%s%s", associationWords[a.Method], looked(a))
		if len(a.Columns) <= maxMatrix {
			c.table(matrixOf(a))
		} else {
			c.table(strongest(a))
		}
	}
}

var associationWords = map[string]string{
	profile.Pearson:  "Correlation of numbers (Pearson)",
	profile.CramersV: "Association of categories (Cramér's V)",
}

func looked(a profile.Association) string {
	text := ""
	if a.Sampled {
		text = ", by " + counts(int64(a.Rows), "row", "that stands", "that stand") + " for all"
	}
	if a.Left > 0 {
		text += fmt.Sprintf(", without the last %s", counted(int64(a.Left), "column"))
	}
	return text
}

func coefficient(v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}

func matrixOf(a profile.Association) [][]string {
	rows := [][]string{{""}}
	for i, name := range a.Columns {
		rows[0] = append(rows[0], clipped(name, 20))
		row := []string{clipped(name, 20)}
		for _, v := range a.Values[i] {
			row = append(row, coefficient(v))
		}
		rows = append(rows, row)
	}
	return rows
}

// strongest lists the pairs whose columns go together most.
func strongest(a profile.Association) [][]string {
	type pair struct {
		a, b string
		v    *float64
	}
	var pairs []pair
	for i := range a.Columns {
		for j := range i {
			if v := a.Values[i][j]; v != nil {
				pairs = append(pairs, pair{a.Columns[j], a.Columns[i], v})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y pair) int { return cmp.Compare(math.Abs(*y.v), math.Abs(*x.v)) })
	rows := [][]string{{"COLUMN", "COLUMN", ""}}
	for _, p := range pairs[:min(len(pairs), maxPairs)] {
		rows = append(rows, []string{p.a, p.b, coefficient(p.v)})
	}
	return rows
}
