// Package table reads CSV, JSON lines and Parquet as rows of text, one after the other in bounded
// memory. The files come from outside: a damaged or hostile one is an error that is ErrNotTable, never
// a panic or a gigabyte. It knows columns and rows only: what they hold is described by profile,
// and how two tables differ is counted by rowdiff. It writes nothing but a temporary file.
package table

import (
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// Kinds of tables, by the file's extension.
const (
	csvTable     = "csv"
	jsonTable    = "jsonl"
	parquetTable = "parquet"
)

func kindOf(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv":
		return csvTable
	case ".jsonl", ".ndjson":
		return jsonTable
	case ".parquet", ".parq":
		return parquetTable
	}
	return ""
}

// Is reports whether a file is one that is read as a table.
func Is(name string) bool { return kindOf(name) != "" }

// Opener opens a table's file from its start, as often as it is asked.
type Opener func() (io.ReadCloser, error)

// Kind is what the values of a column are, where the file itself says so.
type Kind int

// Kinds of columns. What a CSV file holds is for its reader to find out.
const (
	Unknown Kind = iota
	Integer
	Real
	Boolean
	Text
)

// Reader gives the rows of a table one after the other. Every value is text; one that
// is missing is empty.
type Reader struct {
	Columns []string
	Types   []string // as the file itself declares them; none in CSV
	Kinds   []Kind   // the same in few words; none in CSV
	next    func() ([]string, error)
	null    func(column int) bool
	Notes   []string // what a person may not expect of the names of the columns
	faults  *faults  // none in formats that have no lines
	plainer *plainer // none in formats that have numbers of their own
	closers []io.Closer
}

// Plain is what a field of the table says to programs: a number as they write it, where people have
// written it with a decimal comma or with marks between thousands, else the same.
func (t *Reader) Plain(v string) string {
	if t.plainer == nil {
		return v
	}
	return t.plainer.plain(v)
}

// Faults are the lines so far that are no rows; nil where all of them are.
func (t *Reader) Faults() *Faults {
	if t.faults == nil || t.faults.Lines == 0 {
		return nil
	}
	f := t.faults.Faults
	f.First = slices.Clone(f.First)
	return &f
}

// Null reports whether the last row has no value in a column, in files that tell that apart from
// an empty text. In others, as CSV, nothing is known to be null.
func (t *Reader) Null(column int) bool { return t.null != nil && t.null(column) }

// Tells reports whether the file tells null apart from an empty text.
func (t *Reader) Tells() bool { return t.null != nil }

// Next returns the next row, past lines that are none; it is valid until the next call. io.EOF ends the table.
func (t *Reader) Next() ([]string, error) { return t.next() }

// Each hands out the rows from the first, which is 0, until fn says that it wants no more. A row
// is valid until fn returns.
func (t *Reader) Each(ctx context.Context, fn func(n int64, row []string) (more bool, err error)) error {
	for n := int64(0); ; n++ {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if more, err := fn(n, row); err != nil || !more {
			return err
		}
	}
}

// Close closes the file.
func (t *Reader) Close() {
	for _, c := range t.closers {
		_ = c.Close() // it was only read
	}
}

// Readings is how often a table is read until its end, from opening it to its last row: what has keys
// in each row is read once for these.
func Readings(name string) int64 {
	if kindOf(name) == jsonTable {
		return 2
	}
	return 1
}

// Header says whether the first line of a CSV file names the columns.
type Header string

// Kinds of first lines.
const (
	HeaderByLook Header = ""      // what stands in it decides
	HeaderFirst  Header = "first" // it names them
	HeaderNone   Header = "none"  // it is a row
)

// File is a table's file by its name, and what is known of it beforehand.
type File struct {
	Path   string
	Header Header
}

// Open reads the header. A file that is not the table its name promises is an error
// that is ErrNotTable, there or when its rows are read; one that has more rows than other lines is that table.
func Open(f File, open Opener) (*Reader, error) {
	switch kindOf(f.Path) {
	case jsonTable:
		return openJSON(open)
	case parquetTable:
		return openParquet(open)
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	c, err := openCSV(f, r)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &Reader{Columns: c.Columns, Notes: c.notes, next: c.next, faults: &c.faults, plainer: &c.plainer, closers: []io.Closer{r}}, nil
}
