package table

import (
	"errors"
	"fmt"
	"strings"

	"rondo/backend/errs"
)

const (
	mostFaults = 20  // lines that are no rows that are named
	judged     = 100 // lines that are no rows from which on it is judged whether a file is that table
	maxAgain   = 256 << 20
)

// Fault is a line, or some that follow each other, that is no row of its table.
type Fault struct {
	Line int64  `json:"line"`         // from 1
	To   int64  `json:"to,omitempty"` // the last of several
	Why  string `json:"why"`
}

func (f Fault) String() string {
	if f.To == 0 {
		return fmt.Sprintf("line %d: %s", f.Line, f.Why)
	}
	return fmt.Sprintf("lines %d to %d: %s", f.Line, f.To, f.Why)
}

// Faults are the lines of a table that are no rows of it. What is told of the table is told of its rows.
type Faults struct {
	Lines int64   `json:"lines"`
	First []Fault `json:"first"` // at most 20
}

const mostTold = 3 // faults that a text tells

// String names the first lines and what is wrong with each.
func (f Faults) String() string {
	if f.Lines == 1 {
		return fmt.Sprintf("line %d is not a row of this table: %s", f.First[0].Line, f.First[0].Why)
	}
	told, lines := []string{}, int64(0)
	for _, one := range f.First[:min(len(f.First), mostTold)] {
		told = append(told, one.String())
		lines += max(one.To-one.Line, 0) + 1
	}
	if lines < f.Lines {
		told = append(told, "…")
	}
	return fmt.Sprintf("%d lines are not rows of this table: %s", f.Lines, strings.Join(told, "; "))
}

// faults counts them while a table is read.
type faults struct {
	Faults
	rows int64
}

// add notes some lines; it is an error where they are too many for the file to be that table.
func (f *faults) add(from, to int, why string) error {
	one := Fault{Line: int64(from), Why: why}
	if to > from {
		one.To = int64(to)
	}
	f.Lines += int64(to-from) + 1
	if len(f.First) < mostFaults {
		f.First = append(f.First, one)
	}
	if f.Lines >= judged {
		return f.judge()
	}
	return nil
}

// judge refuses what has more lines that are no rows than rows.
func (f *faults) judge() error {
	if f.Lines <= f.rows {
		return nil
	}
	first := f.First[0]
	if f.Lines == 1 {
		return bad(int(first.Line), "%s", first.Why)
	}
	return bad(int(first.Line), "%s; of %d lines %d are not rows", first.Why, f.Lines+f.rows, f.Lines)
}

// ErrNotTable marks that a file is not the table that its name promises.
var ErrNotTable = errors.New("not a table")

func bad(line int, format string, args ...any) error {
	e := errs.New(errs.Invalid, "line %d: "+format, append([]any{line}, args...)...)
	e.Err = quietTable{}
	return e.WithHint("mend that line; until then the file is kept as it is, but not looked into")
}

type quietTable struct{}

func (quietTable) Error() string        { return "" }
func (quietTable) Is(target error) bool { return target == ErrNotTable }
