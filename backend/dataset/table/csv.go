package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	maxColumns = 16_384
	headSize   = 16 << 10 // bytes by which the form of a file is told
)

// openCSV reads the header.
func openCSV(name string, r io.Reader) (*csvRows, error) {
	br := unmarked(r)
	head, _ := br.Peek(headSize)
	t := &csvRows{lines: newLines(ended(br, head))}
	if c, given := separatorLine(head); given {
		t.comma = c
		_, _ = t.lines.next() // which is there
	} else {
		t.comma = separator(name, head)
	}
	t.plainer = plainerOf(head, t.comma)
	first, why, err := t.record()
	switch {
	case errors.Is(err, io.EOF):
		return nil, bad(1, "the file is empty")
	case err != nil:
		return nil, err
	case why != "":
		return nil, bad(t.first, "%s", why)
	}
	return t, t.header(first)
}

// ended gives the text of old programs that end lines by CR alone the ends that others have.
func ended(r *bufio.Reader, head []byte) io.Reader {
	if bytes.IndexByte(head, '\n') >= 0 || bytes.IndexByte(bytes.TrimSuffix(head, []byte("\r")), '\r') < 0 {
		return r
	}
	return crEnds{r}
}

type crEnds struct{ r io.Reader }

func (c crEnds) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	for i, v := range b[:n] {
		if v == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
}

// separatorLine is the first line by which spreadsheets say what the separator is.
func separatorLine(head []byte) (byte, bool) {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.Trim(bytes.TrimSuffix(line, []byte("\r")), `"`)
	if len(line) != len("sep=;") || !bytes.EqualFold(line[:4], []byte("sep=")) {
		return 0, false
	}
	return line[4], true
}

// separator is the one that the header has most of, outside of quotes.
func separator(name string, head []byte) byte {
	if strings.EqualFold(path.Ext(name), ".tsv") {
		return '\t'
	}
	counts, quoted := map[byte]int{}, false
	for _, c := range head {
		if c == '"' {
			quoted = !quoted
		}
		if !quoted && (c == '\n' || c == '\r') && len(counts) > 0 {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte(";\t|") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// header names the columns. A name that is there twice, or none, is told and given one that is not there.
func (t *csvRows) header(first []string) error {
	if len(first) > maxColumns {
		return bad(t.first, "the header has %d columns, over the limit of %d", len(first), maxColumns)
	}
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
	if n := numbersIn(first); n > 1 {
		t.notes = append(t.notes, fmt.Sprintf("line %d is taken for the names of the columns, and %d of these are numbers: if it is a row, give the file a header", t.first, n))
	}
	return nil
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
