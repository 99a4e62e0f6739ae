package mlflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
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
		return strconv.AppendFloat(b, x, 'f', -1, 64)
	}
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

func (m *metric) appendJSON(b []byte) []byte { return appendPoint(b, m.Key, m) }

func appendPoint[S letters](b []byte, key S, m *metric) []byte {
	b = appendText(append(b, `{"key":`...), key)
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

// opened is a list that is being written.
type opened struct {
	b     []byte
	begun bool
}

// next is where the next element is written.
func (l *opened) next() []byte {
	if l.begun {
		return append(l.b, ',')
	}
	l.begun = true
	return l.b
}

func (l *opened) pair(key, value []byte) {
	b := appendText(append(l.next(), `{"key":`...), key)
	b = appendText(append(b, `,"value":`...), value)
	l.b = append(b, '}')
}

// appendEach is appendList of what fill adds.
func appendEach(b []byte, name string, fill func(*opened) error) ([]byte, error) {
	l := opened{b: append(append(append(b, '"'), name...), '"', ':', '[')}
	err := fill(&l)
	if !l.begun {
		return b, err
	}
	return append(l.b, ']', ','), err
}

func appendInfo(b []byte, i *runInfo) []byte {
	b = appendText(append(b, `{"run_uuid":`...), i.UUID)
	b = appendField(b, "experiment_id", i.ExperimentID)
	b = appendField(b, "run_name", i.Name)
	b = appendField(b, "user_id", i.User)
	b = appendField(b, "status", i.Status)
	if i.Start != 0 {
		b = strconv.AppendInt(append(b, `,"start_time":`...), i.Start, 10)
	}
	if i.End != 0 {
		b = strconv.AppendInt(append(b, `,"end_time":`...), i.End, 10)
	}
	b = appendField(b, "artifact_uri", i.ArtifactURI)
	b = appendField(b, "lifecycle_stage", i.Lifecycle)
	return append(appendField(b, "run_id", i.ID), '}')
}

// appendRun writes what fromRun would return.
func appendRun(b []byte, r *run.Listed) ([]byte, error) {
	info := wireInfo(&r.Run)
	b = appendInfo(append(b, `{"info":`...), &info)
	b = append(b, `,"data":{`...)
	b, e1 := appendEach(b, "metrics", func(l *opened) error {
		return r.EachMetric(func(key []byte, m *run.Metric) {
			w := wireMetric(m)
			l.b = appendPoint(l.next(), key, &w)
		})
	})
	b, e2 := appendEach(b, "params", func(l *opened) error { return r.EachParam(l.pair) })
	b, e3 := appendEach(b, "tags", func(l *opened) error { return eachTag(r, l.pair) })
	b = closed(b)
	b = append(b, `,"inputs":`...)
	if len(r.Inputs)+len(r.ModelInputs) > 0 {
		b = appendAny(b, wireInputs(&r.Run))
	} else {
		b = append(b, "{}"...)
	}
	b = append(b, `,"outputs":`...)
	if len(r.ModelOutputs) > 0 {
		b = appendAny(b, runOutputs{r.ModelOutputs})
	} else {
		b = append(b, "{}"...)
	}
	return append(b, '}'), errors.Join(e1, e2, e3)
}

// runsAnswer is a page of runs.
type runsAnswer struct {
	Runs []run.Listed
	Next string
}

const runsAtOnce = 100 // that are worth a goroutine of their own to be written

func (a runsAnswer) appendJSON() ([][]byte, error) {
	return inParts("runs", a.Runs, runsAtOnce, a.Next, appendRun)
}

// MarshalJSON is for GraphQL, which takes answers apart.
func (a runsAnswer) MarshalJSON() ([]byte, error) {
	pieces, err := a.appendJSON()
	return slices.Concat(pieces...), err
}

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
	return inParts("metrics", a.Points, pointsAtOnce, a.Next, func(b []byte, p *run.Point) ([]byte, error) {
		m := wirePoint(*p, "")
		return m.appendJSON(b), nil
	})
}
