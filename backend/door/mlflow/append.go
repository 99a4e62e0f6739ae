package mlflow

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"rondo/backend/run"
)

// appender writes itself as JSON. The long answers do: runs and histories are tens of
// thousands of small values, and looking up how each is written takes most of the time.
type appender interface {
	appendJSON(b []byte) []byte
}

// appendText writes a string as encoding/json does without escaping HTML.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return appendAny(b, s)
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

func appendPair(b []byte, p *pair) []byte {
	b = appendText(append(b, `{"key":`...), p.Key)
	b = appendText(append(b, `,"value":`...), p.Value)
	return append(b, '}')
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

func appendRun(b []byte, r *wireRun) []byte {
	b = appendInfo(append(b, `{"info":`...), &r.Info)
	b = append(b, `,"data":{`...)
	b = appendList(b, "metrics", r.Data.Metrics, appendMetric)
	b = appendList(b, "params", r.Data.Params, appendPair)
	b = closed(appendList(b, "tags", r.Data.Tags, appendPair))
	b = append(b, `,"inputs":`...)
	if len(r.Inputs.Datasets)+len(r.Inputs.Models) > 0 {
		b = appendAny(b, r.Inputs)
	} else {
		b = append(b, "{}"...)
	}
	b = append(b, `,"outputs":`...)
	if len(r.Outputs.Models) > 0 {
		b = appendAny(b, r.Outputs)
	} else {
		b = append(b, "{}"...)
	}
	return append(b, '}')
}

const mostRoom = 32 << 20 // bytes that are set aside for an answer before it is known how long it is

// runsAnswer is a page of runs. Each is put in the protocol's shape only to be written,
// in the room of the one before.
type runsAnswer struct {
	Runs []run.Listed
	Next string
}

func (a runsAnswer) appendJSON(b []byte) []byte {
	var room []metric
	b = appendList(append(b, '{'), "runs", a.Runs, func(b []byte, r *run.Listed) []byte {
		w, first := fromListed(r, room), room == nil
		b, room = appendRun(b, &w), w.Data.Metrics
		if first { // the others will be about as long
			b = slices.Grow(b, min(len(a.Runs)*len(b)*9/8, mostRoom))
		}
		return b
	})
	if a.Next != "" {
		b = appendText(append(b, `"next_page_token":`...), a.Next)
	}
	return closed(b)
}

// MarshalJSON is for GraphQL, which takes answers apart.
func (a runsAnswer) MarshalJSON() ([]byte, error) { return a.appendJSON(nil), nil }

// metricsAnswer is a page of points.
type metricsAnswer struct {
	Metrics []metric `json:"metrics,omitempty"`
	Next    string   `json:"next_page_token,omitempty"`
}

func (a metricsAnswer) appendJSON(b []byte) []byte {
	b = appendList(append(b, '{'), "metrics", a.Metrics, appendMetric)
	if a.Next != "" {
		b = appendText(append(b, `"next_page_token":`...), a.Next)
	}
	return closed(b)
}
