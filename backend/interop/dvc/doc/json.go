package doc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
)

// parseJSON reads JSON and keeps the order of keys. Where Python's reader tells whole
// numbers from others, so does this.
func parseJSON(name string, b []byte) (any, error) {
	if len(b) > MaxSize {
		return nil, TooLarge(name, len(b))
	}
	b = withoutWords(b)
	r := &jsonReader{dec: json.NewDecoder(bytes.NewReader(b))}
	r.dec.UseNumber()
	v, err := r.value(0)
	if err == nil {
		if _, more := r.dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the end")
		}
	}
	if err != nil {
		return nil, Fail(name, place(b, r.dec.InputOffset()), "cannot be read as JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return v, nil
}

// What stands for the words of Python's that are no JSON, and is read as what they mean.
const (
	noNumber = "-0e-999999"
	infinite = "9e999999"
)

// withoutWords writes NaN and Infinity, which Python's reader and writer know, as numbers. What
// is in quotes stays.
func withoutWords(b []byte) []byte {
	if !bytes.Contains(b, []byte("NaN")) && !bytes.Contains(b, []byte("Infinity")) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	quoted := false
	for i := 0; i < len(b); i++ {
		switch rest := b[i:]; {
		case quoted && b[i] == '\\' && len(rest) > 1:
			out = append(out, b[i])
			i++
		case b[i] == '"':
			quoted = !quoted
		case !quoted && bytes.HasPrefix(rest, []byte("NaN")):
			out, i = append(out, noNumber...), i+len("NaN")-1
			continue
		case !quoted && bytes.HasPrefix(rest, []byte("Infinity")):
			out, i = append(out, infinite...), i+len("Infinity")-1
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// Place turns an offset into line and column.
func place(b []byte, off int64) Pos {
	head := b[:min(max(off, 0), int64(len(b)))]
	return Pos{bytes.Count(head, []byte("\n")) + 1, len(head) - bytes.LastIndexByte(head, '\n')}
}

type jsonReader struct{ dec *json.Decoder }

func (r *jsonReader) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	t, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch x := t.(type) {
	case json.Delim:
		if x == '[' {
			return r.list(depth)
		}
		return r.object(depth)
	case json.Number:
		s := x.String()
		if s == noNumber {
			return math.NaN(), nil
		}
		if strings.ContainsAny(s, ".eE") {
			return parseFloat(s), nil
		}
		return parseInt(s), nil
	}
	return t, nil
}

func (r *jsonReader) list(depth int) (any, error) {
	list := []any{}
	for r.dec.More() {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.dec.Token()
	return list, err
}

func (r *jsonReader) object(depth int) (any, error) {
	m := &Map{}
	for r.dec.More() {
		key, err := r.dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		m.Set(key.(string), v) // the decoder takes nothing else for a key
	}
	_, err := r.dec.Token()
	return m, err
}
