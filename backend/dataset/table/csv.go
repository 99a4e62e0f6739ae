package table

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
)

const (
	maxColumns = 16_384
	headSize   = 16 << 10 // bytes by which the form of a file is told
)

// openCSV reads the first line.
func openCSV(f File, r io.Reader) (*csvRows, error) {
	br := unmarked(r)
	head, _ := br.Peek(headSize)
	t := &csvRows{lines: newLines(ended(br, head))}
	if c, given := separatorLine(head); given {
		t.comma = c
		_, _ = t.lines.next() // which is there
	} else {
		t.comma = separator(f.Path, head)
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
	return t, t.begin(first, f.Header)
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
