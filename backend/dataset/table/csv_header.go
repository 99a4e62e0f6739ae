package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// begin takes the first line for the names of the columns, or for a row.
func (t *csvRows) begin(first []string, header Header) error {
	if len(first) > maxColumns {
		return bad(t.first, "the first line has %d columns, over the limit of %d", len(first), maxColumns)
	}
	switch {
	case header == HeaderNone:
		t.unnamed(first)
	case header == HeaderFirst:
		t.header(first)
	case t.isRow(first):
		t.unnamed(first)
		t.notes = append(t.notes, fmt.Sprintf("line %d holds numbers and dates alone and is taken for a row: the columns are called c1, c2, …; if it names them, say `header: true` in rondo.yaml", t.first))
	default:
		t.header(first)
		if n := numbersIn(t.Columns); n > 1 {
			t.notes = append(t.notes, fmt.Sprintf("line %d is taken for the names of the columns, and %d of these are numbers: if it is a row, say `header: false` in rondo.yaml", t.first, n))
		}
	}
	return nil
}

// isRow reports whether each cell of the first line is a number or a date. The numbers from 0 on are the
// names that pandas gives to columns that have none.
func (t *csvRows) isRow(first []string) bool {
	valued, counted := false, len(first) > 2
	for i, v := range first {
		v = strings.TrimSpace(t.plainer.plain(v))
		counted = counted && v == strconv.Itoa(i)
		if _, number := Number(v); number || IsDay(v) || IsTime(v) {
			valued = true
		} else if _, err := strconv.ParseFloat(v, 64); err != nil { // NaN and Inf, beside others
			return false
		}
	}
	return valued && !counted
}

// unnamed calls the columns by their places; the first line is given back as a row.
func (t *csvRows) unnamed(first []string) {
	t.ahead, t.width = slices.Clone(first), "first line"
	for i := range first {
		t.Columns = append(t.Columns, fmt.Sprintf("c%d", i+1))
	}
}

// header names the columns. A name that is there twice, or none, is told and given one that is not there.
func (t *csvRows) header(first []string) {
	t.width = "header"
	taken := map[string]bool{}
	for i, name := range first {
		first[i] = strings.Clone(strings.TrimSpace(name))
		taken[first[i]] = true
	}
	seen := map[string]bool{"": true}
	for i, name := range first {
		if seen[name] {
			name = t.another(name, i, taken)
		}
		seen[name] = true
		t.Columns = append(t.Columns, name)
	}
}

// another is a name that no column has, for the column at i.
func (t *csvRows) another(name string, i int, taken map[string]bool) string {
	form, n := name+"_%d", 2
	if name == "" {
		form, n = "column%d", i+1
	}
	for taken[fmt.Sprintf(form, n)] {
		n++
	}
	fresh := fmt.Sprintf(form, n)
	taken[fresh] = true
	if name != "" {
		t.notes = append(t.notes, fmt.Sprintf("the header names the column %q more than once: another is called %q here", name, fresh))
	}
	return fresh
}

// numbersIn counts the numbers in a header, unless they rise from name to name, as years and
// quantiles do.
func numbersIn(names []string) int {
	var numbers []float64
	for _, name := range names {
		if f, err := strconv.ParseFloat(name, 64); err == nil {
			numbers = append(numbers, f)
		}
	}
	if slices.IsSorted(numbers) && len(slices.Compact(slices.Clone(numbers))) == len(numbers) {
		return 0
	}
	return len(numbers)
}
