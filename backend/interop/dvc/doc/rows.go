package doc

import (
	"bytes"
	"strconv"
	"strings"
)

// maxCell is the longest text in a cell that Python's reader takes.
const maxCell = 131072

// ReadRows reads a table as Python's csv.DictReader does: rows are mappings of columns to
// texts, a row that is short has nulls, and what is too much lies under "null".
func ReadRows(name string, b []byte, sep byte, header bool) ([]any, error) {
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	r := &rowReader{name: name, b: b, sep: sep, line: 1}
	var columns []string
	if !header {
		columns = numbered(b)
	}
	list := []any{}
	for r.off < len(r.b) {
		at := r.line
		cells, err := r.row()
		switch {
		case err != nil:
			return nil, err
		case columns == nil:
			columns = cells
		case len(cells) > 0:
			list = append(list, asRow(columns, cells, at))
		}
	}
	return list, nil
}

// numbered are the names of columns that have none. DVC counts commas for that in every table.
func numbered(b []byte) []string {
	first, _, _ := bytes.Cut(b, []byte("\n"))
	cells, _ := (&rowReader{b: first, sep: ',', line: 1}).row()
	names := make([]string, len(cells))
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

func asRow(columns, cells []string, line int) *Map {
	m := &Map{}
	for i, c := range columns {
		if i < len(cells) {
			m.Set(c, cells[i])
		} else {
			m.Set(c, nil)
		}
		m.Place(c, Pos{Line: line, Col: 1})
	}
	if len(cells) > len(columns) {
		rest := []any{}
		for _, c := range cells[len(columns):] {
			rest = append(rest, c)
		}
		m.Set("null", rest)
	}
	return m
}

type rowReader struct {
	name string
	b    []byte
	off  int
	line int
	sep  byte
}

// row reads cells up to the end of a line that is not in quotes; an empty line has none.
func (r *rowReader) row() (cells []string, err error) {
	for first := true; ; first = false {
		if first && (r.off == len(r.b) || r.b[r.off] == '\n') {
			r.off++
			r.line++
			return nil, nil
		}
		cell := r.cell()
		if len(cell) > maxCell {
			return nil, Fail(r.name, Pos{Line: r.line, Col: 1}, "a cell has more than %d bytes", maxCell).WithHint("see whether a quote is open before it")
		}
		cells = append(cells, cell)
		end := r.off >= len(r.b) || r.b[r.off] == '\n'
		if r.off++; end {
			r.line++
			return cells, nil
		}
	}
}

// cell reads up to what ends a cell, and leaves that. Quotes count at its begin; two in a row
// in them are one.
func (r *rowReader) cell() string {
	var text strings.Builder
	quoted := r.off < len(r.b) && r.b[r.off] == '"'
	if quoted {
		r.off++
	}
	for ; r.off < len(r.b); r.off++ {
		c := r.b[r.off]
		switch {
		case quoted && c == '"':
			if r.off+1 < len(r.b) && r.b[r.off+1] == '"' {
				r.off++
				text.WriteByte('"')
			} else {
				quoted = false
			}
			continue
		case !quoted && (c == r.sep || c == '\n'):
			return text.String()
		case c == '\n':
			r.line++
		}
		text.WriteByte(c)
	}
	return text.String()
}
