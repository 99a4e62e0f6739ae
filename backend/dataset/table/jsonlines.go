package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// jsonLines reads a file with a JSON object in each line: newline-delimited JSON. The
// columns are all keys that occur, in the order in which they first do.
type jsonLines struct {
	lines *bufio.Scanner
	line  int
	at    map[string]int // place of a column
	row   []string
	null  []bool
}

func openJSON(open Opener) (*Reader, error) {
	columns, types, err := jsonColumns(open)
	if err != nil {
		return nil, err
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	j := newJSONLines(r)
	for i, c := range columns {
		j.at[c] = i
	}
	j.row, j.null = make([]string, len(columns)), make([]bool, len(columns))
	kinds := make([]Kind, len(types))
	for i, t := range types {
		kinds[i] = kindOfJSON(t)
	}
	return &Reader{
		Columns: columns, Types: types, Kinds: kinds, next: j.next, closers: []io.Closer{r},
		null: func(i int) bool { return j.null[i] },
	}, nil
}

func newJSONLines(r io.Reader) *jsonLines {
	j := &jsonLines{lines: bufio.NewScanner(r), at: map[string]int{}}
	j.lines.Buffer(make([]byte, 64<<10), maxRow)
	return j
}

// jsonColumns reads the file once for its keys, and for what JSON makes of their values.
func jsonColumns(open Opener) (columns, types []string, err error) {
	r, err := open()
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	j := newJSONLines(r)
	for {
		err := j.object(func(key string, value json.RawMessage) error {
			if i, known := j.at[key]; known {
				types[i] = jsonTypes(types[i], value)
				return nil
			}
			if len(columns) == maxColumns {
				return bad(j.line, "there are more than %d different keys", maxColumns)
			}
			j.at[key] = len(columns)
			columns, types = append(columns, key), append(types, jsonTypes("", value))
			return nil
		})
		switch {
		case errors.Is(err, io.EOF) && j.line == 0:
			return nil, nil, bad(1, "the file is empty")
		case errors.Is(err, io.EOF):
			return columns, types, nil
		case err != nil:
			return nil, nil, err
		}
	}
}

// jsonKinds are the types of JSON by the byte that their values begin with; those of
// numbers are many.
var jsonKinds = map[byte]string{'"': "string", '{': "object", '[': "array", 't': "boolean", 'f': "boolean"}

// jsonTypes is what a column holds, once it holds one more value; null is none.
func jsonTypes(sofar string, value json.RawMessage) string {
	kind, ok := jsonKinds[value[0]]
	switch {
	case value[0] == 'n' || sofar == "mixed":
		return sofar
	case !ok:
		kind = "number"
	}
	if sofar == "" || sofar == kind {
		return kind
	}
	return "mixed"
}

// kindOfJSON leaves open whether numbers have fractions, which JSON does not say.
func kindOfJSON(t string) Kind {
	switch t {
	case "number", "":
		return Unknown
	case "boolean":
		return Boolean
	}
	return Text
}

// object hands the keys and values of the next line that is not blank to fn.
func (j *jsonLines) object(fn func(key string, value json.RawMessage) error) error {
	text, err := j.text()
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return bad(j.line, "it is no JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return bad(j.line, "%s", err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return bad(j.line, "%s", err)
		}
		if err := fn(key.(string), value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return bad(j.line, "it ends too early")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return bad(j.line, "something stands after the object")
	}
	return nil
}

func (j *jsonLines) text() ([]byte, error) {
	for j.lines.Scan() {
		j.line++
		text := j.lines.Bytes()
		if j.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			return text, nil
		}
	}
	err := j.lines.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, bad(j.line+1, "it is longer than %d MiB", maxRow>>20)
	case err != nil:
		return nil, err
	}
	return nil, io.EOF
}

func (j *jsonLines) next() ([]string, error) {
	clear(j.row)
	for i := range j.null {
		j.null[i] = true
	}
	err := j.object(func(key string, value json.RawMessage) error {
		i, ok := j.at[key]
		if !ok {
			return bad(j.line, "the key %.80q was not there a moment ago", key)
		}
		j.row[i], j.null[i] = jsonText(value), value[0] == 'n'
		return nil
	})
	return j.row, err
}

// jsonText writes a value as a field: text as it is, null as missing, the rest as JSON.
func jsonText(value json.RawMessage) string {
	switch value[0] {
	case 'n':
		return ""
	case '"':
		var s string
		if json.Unmarshal(value, &s) == nil {
			return s
		}
	case '{', '[':
		var compact bytes.Buffer
		if json.Compact(&compact, value) == nil {
			return compact.String()
		}
	}
	return string(value)
}
