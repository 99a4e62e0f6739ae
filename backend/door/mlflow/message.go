package mlflow

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// kind is the type of a field, as the protocol's messages have it.
type kind uint8

const (
	isText kind = iota
	isWhole
	isNumber
	isFlag
	isChoice
	isMessage
	isMap // keys with texts
	isAny // any JSON
)

// field says what a request may hold under a name. A table of them replaces a struct
// and its checks per operation: the rules of the wire are the same for all.
type field struct {
	name     string
	kind     kind
	many     bool
	required bool
	fields   schema   // of a message
	names    []string // of a choice; its number on the wire is the place, from 0
}

type schema []field

func text(name string) field   { return field{name: name, kind: isText} }
func texts(name string) field  { return field{name: name, kind: isText, many: true} }
func whole(name string) field  { return field{name: name, kind: isWhole} }
func number(name string) field { return field{name: name, kind: isNumber} }
func flag(name string) field   { return field{name: name, kind: isFlag} }

func choice(name string, names ...string) field {
	return field{name: name, kind: isChoice, names: names}
}

func list(name string, of ...field) field {
	return field{name: name, kind: isMessage, many: true, fields: of}
}

func object(name string, of ...field) field {
	return field{name: name, kind: isMessage, fields: of}
}

// dict is an object whose names are free and whose values are texts.
func dict(name string) field { return field{name: name, kind: isMap} }

// anything is a value of any form.
func anything(name string) field { return field{name: name, kind: isAny} }

// need makes a field required.
func need(f field) field {
	f.required = true
	return f
}

// pairs is a list of key and value, as tags and params are.
func pairs(name string) field { return list(name, need(text("key")), text("value")) }

// message is a request that fits its schema: string, int64, float64, bool, message,
// []string or []message under each name that was sent.
type message map[string]any

func (m message) has(name string) bool       { return m[name] != nil }
func (m message) text(name string) string    { s, _ := m[name].(string); return s }
func (m message) texts(name string) []string { s, _ := m[name].([]string); return s }
func (m message) whole(name string) int64    { n, _ := m[name].(int64); return n }
func (m message) number(name string) float64 { x, _ := m[name].(float64); return x }
func (m message) flag(name string) bool      { b, _ := m[name].(bool); return b }
func (m message) list(name string) []message { l, _ := m[name].([]message); return l }
func (m message) object(name string) message { o, _ := m[name].(message); return o }

// dict returns the map under a name; nil where there is none.
func (m message) dict(name string) map[string]string { d, _ := m[name].(map[string]string); return d }

// optional returns a text that may have been left out.
func (m message) optional(name string) *string {
	if s, ok := m[name].(string); ok {
		return &s
	}
	return nil
}

// optionalWhole returns a number that may have been left out.
func (m message) optionalWhole(name string) *int64 {
	if n, ok := m[name].(int64); ok {
		return &n
	}
	return nil
}

// pairs returns a list of keys and values as a map; of a key sent twice the last counts.
func (m message) pairs(name string) map[string]string {
	out := map[string]string{}
	for _, p := range m.list(name) {
		out[p.text("key")] = p.text("value")
	}
	return out
}

// fit turns decoded JSON into a message. Unknown names are passed over, as the
// protocol wants; null is the same as nothing.
func (s schema) fit(path string, raw map[string]any) (message, error) {
	m := message{}
	for _, f := range s {
		value, at := raw[f.name], join(path, f.name)
		if value == nil && f.name == "run_id" {
			value = raw["run_uuid"] // the name before 1.0, still sent
		}
		if value == nil || f.required && value == "" {
			if f.required {
				return nil, missing(at)
			}
			continue
		}
		v, err := f.fit(at, value)
		if err != nil {
			return nil, err
		}
		m[f.name] = v
	}
	return m, nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (f field) fit(path string, value any) (any, error) {
	if !f.many {
		return f.one(path, value)
	}
	items, ok := value.([]any)
	if !ok {
		return nil, misfit(path, value)
	}
	if f.kind == isMessage {
		return each[message](f, path, items)
	}
	return each[string](f, path, items)
}

func each[T any](f field, path string, items []any) ([]T, error) {
	out := make([]T, 0, len(items))
	for i, item := range items {
		v, err := f.one(path+"["+strconv.Itoa(i)+"]", item)
		if err != nil {
			return nil, err
		}
		out = append(out, v.(T))
	}
	return out, nil
}

func (f field) one(path string, value any) (v any, err error) {
	ok := false
	switch f.kind {
	case isText:
		v, ok = value.(string)
	case isFlag:
		v, ok = value.(bool)
	case isWhole:
		v, ok = asWhole(value)
	case isNumber:
		v, ok = asNumber(value)
	case isChoice:
		v, ok = f.choose(value)
	case isAny:
		return value, nil
	case isMap:
		v, ok = asTexts(value)
	case isMessage:
		var raw map[string]any
		if raw, ok = value.(map[string]any); ok {
			return f.fields.fit(path, raw)
		}
	}
	if !ok {
		return nil, misfit(path, value)
	}
	return v, nil
}

func asTexts(value any) (map[string]string, bool) {
	raw, ok := value.(map[string]any)
	out := make(map[string]string, len(raw))
	for k, v := range raw {
		s, isText := v.(string)
		if !isText {
			return nil, false
		}
		out[k] = s
	}
	return out, ok
}

// digits returns the text of a JSON number, which may come in quotes.
func digits(value any) (string, bool) {
	switch x := value.(type) {
	case json.Number:
		return x.String(), true
	case string:
		return x, x != ""
	}
	return "", false
}

func asWhole(value any) (int64, bool) {
	s, ok := digits(value)
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	x, err := strconv.ParseFloat(s, 64) // 3.0 and 1e3 are whole as well
	if err != nil || x != math.Trunc(x) || math.Abs(x) >= 1<<63 {
		return 0, false
	}
	return int64(x), true
}

func asNumber(value any) (float64, bool) {
	s, ok := digits(value)
	if !ok {
		return 0, false
	}
	switch s {
	case "NaN", "nan":
		return math.NaN(), true
	case "Infinity", "inf":
		return math.Inf(1), true
	case "-Infinity", "-inf":
		return math.Inf(-1), true
	}
	var n json.Number
	if json.Unmarshal([]byte(s), &n) != nil {
		return 0, false
	}
	x, err := n.Float64()
	return x, err == nil
}

func (f field) choose(value any) (string, bool) {
	if s, ok := value.(string); ok && slices.Contains(f.names, s) {
		return s, s != ""
	}
	n, ok := asWhole(value)
	if !ok || n < 0 || n >= int64(len(f.names)) || f.names[n] == "" {
		return "", false
	}
	return f.names[n], true
}

// spaced puts the spaces into compact JSON that Python writes: clients compare such texts.
func spaced(b []byte) string {
	out := make([]byte, 0, len(b)+len(b)/8)
	quoted := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		out = append(out, c)
		switch {
		case quoted && c == '\\' && i+1 < len(b):
			i++
			out = append(out, b[i])
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return string(out)
}
