package project

import (
	"encoding/json"
	"strconv"
	"strings"

	"rondo/backend/yamldoc"
)

// Values is the content of a params file: maps, lists and scalars.
type Values map[string]any

// ParseParams reads the text of a params file; errors say name:line:column.
func ParseParams(name string, text []byte) (Values, error) {
	if len(strings.TrimSpace(string(text))) == 0 {
		return Values{}, nil
	}
	tree, err := parseTree(name, text)
	if err != nil {
		return nil, err
	}
	v := Values{}
	if err := yamldoc.Decode(tree, &v); err != nil {
		return nil, locate(name, err)
	}
	return v, nil
}

// Get returns the value under a dotted key such as train.lr.
func (v Values) Get(key string) (any, bool) {
	if val, ok := v[key]; ok {
		return val, true
	}
	var at any = map[string]any(v)
	for _, part := range strings.Split(key, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = m[part]; !ok {
			return nil, false
		}
	}
	return at, true
}

// Flat returns every leaf under its dotted key as text, for a run's params.
func (v Values) Flat() map[string]string {
	out := map[string]string{}
	flatten("", map[string]any(v), out)
	return out
}

func flatten(at string, v any, out map[string]string) {
	m, ok := v.(map[string]any)
	if !ok || len(m) == 0 && at != "" {
		out[at] = Text(v)
		return
	}
	for k, val := range m {
		flatten(strings.TrimPrefix(at+"."+k, "."), val, out)
	}
}

// Text writes a value the way params are compared and shown.
func Text(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case int:
		return strconv.Itoa(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case uint64:
		return strconv.FormatUint(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(b)
}
