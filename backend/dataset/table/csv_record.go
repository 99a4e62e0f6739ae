package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// csvRows reads a CSV file row by row in bounded memory: RFC 4180, with a quote inside of a field that
// has none at its beginning as it is.
type csvRows struct {
	lines   *lines
	comma   byte
	Columns []string
	notes   []string // what is unusual in the header
	faults  faults
	plainer plainer

	ahead  []string // the first line, where it is a row
	width  string   // what says how many columns there are: the header, or that line
	first  int      // the line that the last row began with
	second int      // where its second line began
	again  int      // bytes that were read once more
	fields []string
	text   []byte // of a row with quotes, all fields after each other
	ends   []int  // of the fields in text
}

const (
	openQuote  = "a quote that opens in it never ends"
	afterQuote = "text stands after a quote that closes"
	noText     = "it holds bytes that are no text"
)

// next returns the next row; it is valid until the next call. io.EOF ends the table.
func (t *csvRows) next() ([]string, error) {
	if row := t.ahead; row != nil {
		t.ahead = nil
		t.faults.rows++
		return row, nil
	}
	for {
		row, why, err := t.record()
		if errors.Is(err, io.EOF) {
			if err := t.faults.judge(); err != nil {
				return nil, err
			}
		}
		if err != nil {
			return nil, err
		}
		if why == "" {
			if row, why = t.fit(row); why == "" {
				t.faults.rows++
				return row, nil
			}
		}
		if err := t.faults.add(t.first, t.lines.line, why); err != nil {
			return nil, err
		}
		if t.again > maxAgain {
			return nil, bad(t.first, "%s, and so it is in many more", openQuote)
		}
	}
}

// fit says why a row does not have the columns that the header has. Empty fields beyond these are nothing.
func (t *csvRows) fit(row []string) ([]string, string) {
	n, want := len(row), len(t.Columns)
	for n > want && row[n-1] == "" {
		n--
	}
	if n == want {
		return row[:n], ""
	}
	fields := "fields"
	if len(row) == 1 {
		fields = "field"
	}
	return nil, fmt.Sprintf("it has %d %s, and the %s has %d", len(row), fields, t.width, want)
}

// record reads what follows, lines with nothing in them passed over, or says why it is no row.
func (t *csvRows) record() (row []string, why string, err error) {
	for {
		t.lines.hold()
		line, err := t.lines.next()
		t.first, t.second = t.lines.line, t.lines.taken()
		switch {
		case errors.Is(err, errLong):
			return nil, tooLong, nil
		case err != nil:
			return nil, "", err
		case len(line) == 0:
			continue
		case bytes.IndexByte(line, 0) >= 0:
			return nil, noText, nil
		case bytes.IndexByte(line, '"') < 0:
			t.split(string(line))
		default:
			if why = t.quoted(line); why != "" {
				return nil, why, nil
			}
			t.cut(string(t.text))
		}
		return t.fields, "", nil
	}
}

var tooLong = fmt.Sprintf("it is longer than %d MiB", maxRow>>20)

// split takes a line without quotes apart.
func (t *csvRows) split(line string) {
	t.fields = t.fields[:0]
	from := 0
	for i := range len(line) {
		if line[i] == t.comma {
			t.fields = append(t.fields, line[from:i])
			from = i + 1
		}
	}
	t.fields = append(t.fields, line[from:])
	if !utf8.ValidString(line) {
		toUTF8(t.fields)
	}
}

// cut takes the text of a row apart, where its fields end.
func (t *csvRows) cut(text string) {
	t.fields = t.fields[:0]
	from := 0
	for _, end := range t.ends {
		t.fields = append(t.fields, text[from:end])
		from = end
	}
	if !utf8.ValidString(text) {
		toUTF8(t.fields)
	}
}

// quoted gathers a row in which there are quotes, and which may go on in further lines.
func (t *csvRows) quoted(line []byte) (why string) {
	t.text, t.ends = t.text[:0], t.ends[:0]
	for more := true; more; t.ends = append(t.ends, len(t.text)) {
		field := bytes.TrimLeft(line, " ")
		if len(field) > 0 && field[0] == '"' {
			if line, why = t.inQuotes(field[1:]); why != "" {
				return why
			}
			if more = len(line) > 0; more {
				line = line[1:]
			}
			continue
		}
		var plain []byte
		plain, line, more = bytes.Cut(line, []byte{t.comma})
		t.text = append(t.text, plain...)
	}
	return ""
}

// inQuotes gathers a field from after its quote on, and returns what follows the quote that closes it:
// nothing, or a separator.
func (t *csvRows) inQuotes(line []byte) (rest []byte, why string) {
	for {
		i := bytes.IndexByte(line, '"')
		switch {
		case i < 0:
			t.text = append(append(t.text, line...), '\n')
			var err error
			if line, err = t.lines.next(); err != nil || t.lines.taken() > maxRow {
				return nil, t.unended(err)
			}
			continue
		case i+1 < len(line) && line[i+1] == '"':
			t.text = append(t.text, line[:i+1]...)
			line = line[i+2:]
			continue
		}
		t.text = append(t.text, line[:i]...)
		if rest = bytes.TrimLeft(line[i+1:], " "); len(rest) == 0 || rest[0] == t.comma {
			return rest, ""
		}
		t.backToSecond()
		return nil, afterQuote
	}
}

// unended is a row in which a quote stays open: each of its further lines may be a row. A line that
// was passed over cannot be had once more.
func (t *csvRows) unended(err error) string {
	if !errors.Is(err, errLong) {
		t.backToSecond()
	}
	return openQuote
}

func (t *csvRows) backToSecond() {
	t.again += t.lines.taken() - t.second
	t.lines.back(t.second, t.first)
}
