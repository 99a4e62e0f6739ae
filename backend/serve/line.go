package serve

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// line is a line of a capture file, as it is read. docs/formats/captures.md has it in words.
type line struct {
	Kind       string         `json:"kind"` // capture or truth
	At         int64          `json:"at"`   // microseconds since 1970; no two lines of a device have the same
	ID         string         `json:"id"`
	RequestID  string         `json:"request_id"`
	Endpoint   string         `json:"endpoint"`
	Model      string         `json:"model"`
	Version    int            `json:"version"`
	Inputs     map[string]any `json:"inputs"`
	Outputs    map[string]any `json:"outputs"`
	Prediction any            `json:"prediction"`
	Score      *float64       `json:"score"`
	Attributes map[string]any `json:"attributes"`
	LatencyUS  int64          `json:"latency_us"`
	Status     string         `json:"status"`

	Label    any            `json:"label"`
	Columns  map[string]any `json:"columns"`
	Time     time.Time      `json:"time"` // of a truth: when it became known
	By       string         `json:"by"`
	Revision int            `json:"revision"`
}

const (
	kindCapture = "capture"
	kindTruth   = "truth"
	statusOK    = "ok"
	statusError = "error"
)

func parseLine(b []byte) (l line, err error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&l); err != nil {
		return l, errs.New(errs.Corrupt, "a line of captures is no JSON: %w", err)
	}
	for _, m := range []map[string]any{l.Inputs, l.Outputs, l.Attributes, l.Columns} {
		for k, v := range m {
			m[k] = exact(v)
		}
	}
	l.Prediction, l.Label = exact(l.Prediction), exact(l.Label)
	return l, nil
}

// exact turns numbers without a point into int64 and the others into float64, so
// that what was a whole number comes back as one.
func exact(v any) any {
	switch x := v.(type) {
	case json.Number:
		if !strings.ContainsAny(string(x), ".eE") {
			if n, err := strconv.ParseInt(string(x), 10, 64); err == nil {
				return n
			}
		}
		f, err := x.Float64()
		if err != nil {
			return string(x)
		}
		return f
	case []any:
		for i := range x {
			x[i] = exact(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = exact(x[k])
		}
	}
	return v
}

// appendCapture writes one row of a request as a line.
func appendCapture(b []byte, t *taken, row int, id string, at int64) []byte {
	b = append(b, `{"kind":"capture","at":`...)
	b = strconv.AppendInt(b, at, 10)
	b = appendText(append(b, `,"id":`...), id)
	b = appendText(append(b, `,"request_id":`...), t.id)
	b = appendText(append(b, `,"endpoint":`...), t.ep.name)
	b = appendText(append(b, `,"model":`...), t.model)
	b = strconv.AppendInt(append(b, `,"version":`...), int64(t.version), 10)
	b = appendTensors(append(b, `,"inputs":`...), t.in, row)
	if t.out != nil {
		b = appendTensors(append(b, `,"outputs":`...), t.out, row)
		b = appendRow(append(b, `,"prediction":`...), labelOf(t.out), row)
		if score, ok := scoreOf(t.out, row); ok {
			b = appendNumber(append(b, `,"score":`...), score)
		}
	}
	b = appendAttributes(b, t.attributes, row)
	b = strconv.AppendInt(append(b, `,"latency_us":`...), t.took.Microseconds(), 10)
	status := statusOK
	if t.out == nil {
		status = statusError
	}
	b = appendText(append(b, `,"status":`...), status)
	return append(b, "}\n"...)
}

func appendTensors(b []byte, list []runtime.Tensor, row int) []byte {
	b = append(b, '{')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, list[i].Name), ':')
		b = appendRow(b, &list[i], row)
	}
	return append(b, '}')
}

func appendRow(b []byte, t *runtime.Tensor, row int) []byte {
	w := width(t)
	if w == 1 {
		return appendElement(b, t, row)
	}
	b = append(b, '[')
	for i := range w {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendElement(b, t, row*w+i)
	}
	return append(b, ']')
}

func appendElement(b []byte, t *runtime.Tensor, i int) []byte {
	switch {
	case t.Nulls != nil && t.Nulls[i]:
		return append(b, "null"...)
	case t.Type == runtime.Float || t.Type == runtime.Double:
		return appendNumber(b, t.Floats[i])
	case t.Type == runtime.Boolean:
		return strconv.AppendBool(b, t.Ints[i] != 0)
	case t.Ints != nil:
		return strconv.AppendInt(b, t.Ints[i], 10)
	}
	return appendText(b, t.Texts[i])
}

// appendNumber writes a fraction so that it is read as one, also where it is whole.
func appendNumber(b []byte, v float64) []byte {
	switch {
	case v != v:
		return append(b, "null"...)
	case math.IsInf(v, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(b, `"-Infinity"`...)
	}
	start := len(b)
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, v, format, -1, 64)
	if bytes.IndexByte(b[start:], '.') < 0 && format == 'f' {
		b = append(b, ".0"...)
	}
	return b
}

func appendAttributes(b []byte, all map[string][]any, row int) []byte {
	if len(all) == 0 {
		return b
	}
	picked := make(map[string]any, len(all))
	for name, values := range all {
		picked[name] = values[min(row, len(values)-1)]
	}
	text, err := json.Marshal(picked) // sorted by name
	if err != nil {
		return b // a door lets in nothing that JSON cannot hold
	}
	return append(append(b, `,"attributes":`...), text...)
}

const hexDigits = "0123456789abcdef"

// appendText writes a JSON string. Bytes that are no UTF-8 become the replacement character.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c < ' ' || c == '"' || c == '\\' {
			b = append(b, s[start:i]...)
			if c < ' ' {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				b = append(b, '\\', c)
			}
			start = i + 1
		}
		i++
	}
	return append(append(b, s[start:]...), '"')
}
