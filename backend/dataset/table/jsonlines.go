package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// jsonLines reads a file with a JSON object in each line: newline-delimited JSON. The
// columns are all keys that occur in rows, in the order in which they first do.
type jsonLines struct {
	lines  *lines
	faults faults
	at     map[string]int // place of a column
	pairs  []pair         // of the line read last
	row    []string
	null   []bool
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
		Columns: columns, Types: types, Kinds: kinds, next: j.next, faults: &j.faults, closers: []io.Closer{r},
		null: func(i int) bool { return j.null[i] },
	}, nil
}

func newJSONLines(r io.Reader) *jsonLines {
	return &jsonLines{lines: newLines(unmarked(r)), at: map[string]int{}}
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
		err := j.object()
		switch {
		case errors.Is(err, io.EOF) && j.lines.line == 0:
			return nil, nil, bad(1, "the file is empty")
		case errors.Is(err, io.EOF):
			return columns, types, nil
		case err != nil:
			return nil, nil, err
		}
		for _, p := range j.pairs {
			if i, known := j.at[string(p.key)]; known {
				types[i] = jsonTypes(types[i], p.value)
				continue
			}
			if len(columns) == maxColumns {
				return nil, nil, bad(j.lines.line, "there are more than %d different keys", maxColumns)
			}
			key := string(p.key)
			j.at[key] = len(columns)
			columns, types = append(columns, key), append(types, jsonTypes("", p.value))
		}
	}
}

// jsonKinds are the types of JSON by the byte that their values begin with; those of
// numbers are many.
var jsonKinds = map[byte]string{'"': "string", '{': "object", '[': "array", 't': "boolean", 'f': "boolean"}

// jsonTypes is what a column holds, once it holds one more value; null is none.
func jsonTypes(sofar string, value []byte) string {
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

// object reads the next line that holds an object, past those that are no rows.
func (j *jsonLines) object() error {
	for {
		j.lines.hold()
		text, err := j.lines.next()
		why := tooLong
		switch {
		case errors.Is(err, io.EOF):
			if err := j.faults.judge(); err != nil {
				return err
			}
			return io.EOF
		case err == nil:
			if text = bytes.TrimSpace(text); len(text) == 0 {
				continue
			}
			if j.pairs, why = pairsOf(text, j.pairs[:0]); why == "" {
				j.faults.rows++
				return nil
			}
		case !errors.Is(err, errLong):
			return err
		}
		if err := j.faults.add(j.lines.line, j.lines.line, why); err != nil {
			return err
		}
	}
}

func (j *jsonLines) next() ([]string, error) {
	clear(j.row)
	for i := range j.null {
		j.null[i] = true
	}
	if err := j.object(); err != nil {
		return nil, err
	}
	for _, p := range j.pairs {
		i, ok := j.at[string(p.key)]
		if !ok {
			return nil, bad(j.lines.line, "the key %.80q was not there a moment ago", p.key)
		}
		j.row[i], j.null[i] = jsonText(p.value), p.value[0] == 'n'
	}
	return j.row, nil
}

// jsonText writes a value as a field: text as it is, null as missing, the rest as JSON.
func jsonText(value []byte) string {
	switch value[0] {
	case 'n':
		return ""
	case '"':
		return string(unquoted(value))
	case '{', '[':
		var compact bytes.Buffer
		if json.Compact(&compact, value) == nil {
			return compact.String()
		}
	}
	return string(value)
}
