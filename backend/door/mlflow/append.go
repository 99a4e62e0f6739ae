package mlflow

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"rondo/backend/run"
)

// appender writes itself as JSON, in pieces. The long answers do: runs and histories are tens
// of thousands of small values, and looking up how each is written takes most of the time.
type appender interface {
	appendJSON() ([][]byte, error)
}

type letters interface{ ~string | ~[]byte }

// appendText writes a string as encoding/json does without escaping HTML.
func appendText[S letters](b []byte, s S) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return appendAny(b, string(s))
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendAny writes what encoding/json can always write.
func appendAny(b []byte, v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return append(b, "null"...)
	}
	return append(b, bytes.TrimRight(out.Bytes(), "\n")...)
}

// appendNumber writes the shortest decimal that reads back as v.
func appendNumber(b []byte, v run.Float) []byte {
	switch x, size := float64(v), math.Abs(float64(v)); {
	case math.IsNaN(x):
		return append(b, `"NaN"`...)
	case math.IsInf(x, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(x, -1):
		return append(b, `"-Infinity"`...)
	case size != 0 && (size < 1e-6 || size >= 1e21):
		b = strconv.AppendFloat(b, x, 'e', -1, 64)
		if n := len(b); b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' { // e-09 is e-9 in JSON of Go
			b[n-2], b = b[n-1], b[:n-1]
		}
		return b
	default:
		return appendDecimal(b, x)
	}
}

// appendDecimal is strconv.AppendFloat(b, x, 'f', -1, 64). For most numbers it lets the
// form with an exponent be written and moves the point, which takes a third less time.
func appendDecimal(b []byte, x float64) []byte {
	at := len(b)
	b = strconv.AppendFloat(b, x, 'e', -1, 64) // [-]d[.ddd]e±dd
	first, e := at, len(b)-4
	if b[first] == '-' {
		first++
	}
	after := e - first - 2 // digits after the point
	if after > 0 && b[e] == 'e' {
		switch move := int(b[e+2]-'0')*10 + int(b[e+3]-'0'); {
		case move == 0:
			return b[:e]
		case b[e+1] == '+' && move < after:
			copy(b[first+1:first+1+move], b[first+2:])
			b[first+1+move] = '.'
			return b[:e]
		case b[e+1] == '-' && move == 1:
			copy(b[first+3:e+1], b[first+2:e])
			b[first], b[first+1], b[first+2] = '0', '.', b[first]
			return b[:e+1]
		}
	}
	return strconv.AppendFloat(b[:at], x, 'f', -1, 64)
}

// appendField writes a name and a text, with a comma in front.
func appendField(b []byte, name, text string) []byte {
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	return appendText(b, text)
}

func appendOptional(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendField(b, name, text)
}

func (m *metric) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"key":`...), m.Key)
	b = appendNumber(append(b, `,"value":`...), m.Value)
	b = strconv.AppendInt(append(b, `,"timestamp":`...), m.Time, 10)
	b = strconv.AppendInt(append(b, `,"step":`...), m.Step, 10)
	b = appendOptional(b, "dataset_name", m.Dataset)
	b = appendOptional(b, "dataset_digest", m.Digest)
	b = appendOptional(b, "model_id", m.Model)
	b = appendOptional(b, "run_id", m.RunID)
	return append(b, '}')
}

// appendList writes a list as a field of its own; an empty one is left out. The
// comma that follows is the caller's to cut.
func appendList[T any](b []byte, name string, list []T, one func(b []byte, v *T) []byte) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(append(b, '"'), name...), '"', ':', '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, &list[i])
	}
	return append(b, ']', ',')
}

// closed ends an object whose last field may have left a comma.
func closed(b []byte) []byte {
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, '}')
}

func appendMetric(b []byte, m *metric) []byte { return m.appendJSON(b) }

// metricsAnswer is a page of points.
type metricsAnswer struct {
	Metrics []metric `json:"metrics,omitempty"`
	Next    string   `json:"next_page_token,omitempty"`
}

func (a metricsAnswer) appendJSON() ([][]byte, error) {
	b := appendList([]byte{'{'}, "metrics", a.Metrics, appendMetric)
	if a.Next != "" {
		b = appendText(append(b, `"next_page_token":`...), a.Next)
	}
	return [][]byte{closed(b)}, nil
}

// historyAnswer is metricsAnswer of one run's points, which are up to 25,000.
type historyAnswer struct {
	Points []run.Point
	Next   string
}

const pointsAtOnce = 2000 // that are worth a goroutine of their own to be written

func (a historyAnswer) appendJSON() ([][]byte, error) {
	return inParts("metrics", a.Points, pointsAtOnce, a.Next, func() appendOne[run.Point] { return appendPointOf })
}

func appendPointOf(b []byte, p *run.Point) ([]byte, error) {
	m := wirePoint(*p, "")
	return m.appendJSON(b), nil
}
