package evaluation

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
)

// key is the same for records with the same inputs.
func (r *Record) key() string {
	var v any
	b, err := json.Marshal(r.Inputs)
	if err == nil && json.Unmarshal(b, &v) == nil { // the order of names inside inputs is no difference
		b, err = json.Marshal(v)
	}
	if err != nil {
		return ""
	}
	return ref.Of(b).String()
}

// merged is the record with what a later one of the same inputs says.
func (r Record) merged(later Record) Record {
	if len(later.Outputs) > 0 {
		r.Outputs = later.Outputs
	}
	if len(later.Expectations) > 0 {
		if r.Expectations == nil {
			r.Expectations = map[string]json.RawMessage{}
		}
		maps.Copy(r.Expectations, later.Expectations)
	}
	if len(later.Tags) > 0 {
		if r.Tags == nil {
			r.Tags = map[string]string{}
		}
		maps.Copy(r.Tags, later.Tags)
	}
	r.Updated = later.Updated
	if later.UpdatedBy != "" {
		r.UpdatedBy = later.UpdatedBy
	}
	return r
}

func recordByKey(tx *index.Tx, dataset, key string) (r Record, err error) {
	var data string
	err = tx.QueryRow("SELECT data FROM evaluation_records WHERE dataset=? AND inputs=?", dataset, key).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return r, errs.New(errs.NotFound, "no record of these inputs")
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &r)
	}
	return r, err
}

type fieldTypes struct {
	Inputs       map[string]string `json:"inputs"`
	Outputs      any               `json:"outputs"`
	Expectations map[string]string `json:"expectations"`
	Version      string            `json:"version"`
}

// widened adds the fields of a record to the types that are known; the first type counts.
func widened(known json.RawMessage, r Record) json.RawMessage {
	t := fieldTypes{Inputs: map[string]string{}, Outputs: map[string]any{}, Expectations: map[string]string{}, Version: "1.0"}
	if len(known) > 0 && json.Unmarshal(known, &t) != nil {
		return known
	}
	learnTypes(t.Inputs, r.Inputs)
	learnTypes(t.Expectations, r.Expectations)
	var outputs map[string]json.RawMessage
	switch have, isMap := t.Outputs.(map[string]any); {
	case len(r.Outputs) == 0 || string(r.Outputs) == "null" || !isMap:
	case json.Unmarshal(r.Outputs, &outputs) == nil:
		for k, v := range outputs {
			if have[k] == nil {
				have[k] = typeOf(v)
			}
		}
	case len(have) == 0:
		t.Outputs = typeOf(r.Outputs)
	}
	b, err := json.Marshal(t)
	if err != nil {
		return known
	}
	return b
}

func learnTypes(known map[string]string, values map[string]json.RawMessage) {
	for k, v := range values {
		if known[k] == "" {
			known[k] = typeOf(v)
		}
	}
}

func typeOf(v json.RawMessage) string {
	v = bytes.TrimSpace(v)
	switch {
	case len(v) == 0 || v[0] == 'n':
		return "null"
	case v[0] == 't' || v[0] == 'f':
		return "boolean"
	case v[0] == '"':
		return "string"
	case v[0] == '[':
		return "array"
	case v[0] == '{':
		return "object"
	case bytes.ContainsAny(v, ".eE"):
		return "float"
	}
	return "integer"
}
