package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strings"

	"rondo/backend/errs"
)

const (
	maxRow     = 8 << 20 // bytes of one row
	maxColumns = 4096
)

// csvRows reads a CSV file row by row in bounded memory.
type csvRows struct {
	csv     *csv.Reader
	guard   *guard
	Columns []string
	line    int // of the row read last
}

// openCSV reads the header. The separator is the one that the header has most of.
func openCSV(name string, r io.Reader) (*csvRows, error) {
	br := unmarked(r)
	head, _ := br.Peek(16 << 10)
	t := &csvRows{guard: &guard{r: br}}
	t.csv = csv.NewReader(t.guard)
	t.csv.Comma, t.csv.ReuseRecord = separator(name, head), true
	first, err := t.Next()
	if errors.Is(err, io.EOF) {
		return nil, bad(1, "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	return t, t.header(first)
}

func (t *csvRows) header(first []string) error {
	if len(first) > maxColumns {
		return bad(t.line, "the header has %d columns, over the limit of %d", len(first), maxColumns)
	}
	seen := map[string]bool{}
	for _, name := range first {
		name = strings.Clone(strings.TrimSpace(name))
		if seen[name] {
			return bad(t.line, "the header names the column %q twice", name)
		}
		seen[name] = true
		t.Columns = append(t.Columns, name)
	}
	return nil
}

func separator(name string, head []byte) rune {
	if strings.EqualFold(path.Ext(name), ".tsv") {
		return '\t'
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, c := range []rune{';', '\t', '|'} {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// Next returns the next row; it is valid until the next call. io.EOF ends the table.
func (t *csvRows) Next() ([]string, error) {
	row, err := t.csv.Read()
	t.guard.taken = t.csv.InputOffset()
	if err == nil || errors.Is(err, csv.ErrFieldCount) {
		t.line, _ = t.csv.FieldPos(0)
	}
	var syntax *csv.ParseError
	switch {
	case err == nil || errors.Is(err, io.EOF):
		toUTF8(row)
		return row, err
	case errors.Is(err, csv.ErrFieldCount):
		return nil, bad(t.line, "it has %d fields, and the header has %d", len(row), len(t.Columns))
	case errors.As(err, &syntax):
		return nil, bad(syntax.Line, "%s", syntax.Err)
	case errors.Is(err, errLongRow):
		return nil, bad(t.line+1, "a row is longer than %d MiB; a quote may be open", maxRow>>20)
	}
	return nil, err
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

var errLongRow = errors.New("row too long")

// guard ends the input when a single row takes too much of it, so that an open quote
// does not pull a whole file into memory.
type guard struct {
	r            io.Reader
	given, taken int64
}

func (g *guard) Read(b []byte) (int, error) {
	if g.given-g.taken > maxRow {
		return 0, errLongRow
	}
	n, err := g.r.Read(b)
	g.given += int64(n)
	return n, err
}
