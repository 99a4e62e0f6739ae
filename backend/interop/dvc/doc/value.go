package doc

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/number"
)

// Values of DVC's files are nil, bool, int64, float64, string, Time, []any and *Map,
// as a YAML 1.2 reader in Python takes them.

// Map is a mapping that remembers the order and the places of its keys.
type Map struct {
	Keys []string
	vals map[string]any
	at   map[string]Pos
}

// Time is a date or time of YAML, as it is written.
type Time string

// Big is a whole number that does not fit into an int64, as it is written.
type Big string

// NewMap returns a mapping of keys and values in turn.
func NewMap(pairs ...any) *Map {
	m := &Map{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m.Set(pairs[i].(string), pairs[i+1])
	}
	return m
}

// Get returns the value of a key. A nil map holds nothing.
func (m *Map) Get(key string) (any, bool) {
	if m == nil {
		return nil, false
	}
	v, ok := m.vals[key]
	return v, ok
}

// Value is the value of a key, nil where there is none.
func (m *Map) Value(key string) any {
	v, _ := m.Get(key)
	return v
}

// Set sets a value; a new key comes last.
func (m *Map) Set(key string, v any) {
	if m.vals == nil {
		m.vals = map[string]any{}
	}
	if _, ok := m.vals[key]; !ok {
		m.Keys = append(m.Keys, key)
	}
	m.vals[key] = v
}

// Len is the number of keys.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return len(m.Keys)
}

// At is the place of a key, where the map was read from a text.
func (m *Map) At(key string) Pos {
	if m == nil {
		return Pos{}
	}
	return m.at[key]
}

// Place says where a key stands in the text.
func (m *Map) Place(key string, at Pos) {
	if m.at == nil {
		m.at = map[string]Pos{}
	}
	m.at[key] = at
}

// Plain is the mapping as encoding/json knows it.
func (m *Map) Plain() map[string]any {
	out, _ := Plain(m).(map[string]any)
	return out
}

// Update sets all that another mapping says, with its places.
func (m *Map) Update(from *Map) {
	for i := range from.Len() {
		m.Take(from.Keys[i], from, from.Keys[i])
	}
}

// Take sets what another mapping says under a key, with its place; nothing where it says none.
func (m *Map) Take(as string, from *Map, key string) {
	v, ok := from.Get(key)
	if !ok {
		return
	}
	m.Set(as, v)
	if at, placed := from.at[key]; placed {
		m.Place(as, at)
	}
}

// Drop takes a key away.
func (m *Map) Drop(key string) {
	if _, ok := m.vals[key]; ok {
		delete(m.vals, key)
		m.Keys = slices.DeleteFunc(m.Keys, func(k string) bool { return k == key })
	}
}

// Bare is a mapping without keys that knows the places of those of m.
func (m *Map) Bare() *Map { return &Map{at: m.at} }

// Clone copies maps and lists to the bottom.
func Clone(v any) any {
	switch x := v.(type) {
	case *Map:
		out := x.Bare()
		for _, k := range x.Keys {
			out.Set(k, Clone(x.vals[k]))
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, it := range x {
			out[i] = Clone(it)
		}
		return out
	}
	return v
}

// Equal compares as Python's == does: 1, 1.0 and True are equal, and the order of keys
// does not matter.
func Equal(a, b any) bool {
	if x, ok := Number(a); ok {
		y, ok := Number(b)
		return ok && x == y
	}
	switch x := a.(type) {
	case *Map:
		y, ok := b.(*Map)
		if !ok || x.Len() != y.Len() {
			return false
		}
		for _, k := range x.Keys {
			if v, ok := y.Get(k); !ok || !Equal(x.vals[k], v) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, Equal)
	}
	switch b.(type) {
	case *Map, []any:
		return false
	}
	return a == b
}

// Number is a value as Python counts with it, where it does.
func Number(v any) (float64, bool) {
	switch x := v.(type) {
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int64:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

// Text writes a value as DVC puts it into a string: as Python's str, but booleans small.
func Text(v any) string {
	switch x := v.(type) {
	case nil:
		return "None"
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return Float(x)
	case Time:
		return string(x)
	case Big:
		return string(x)
	}
	return ""
}

// Float writes a number as Python's repr does.
func Float(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(f, 'g', -1, 64)), "+")
	}
	e := strconv.FormatFloat(f, 'e', -1, 64)
	exp, _ := strconv.Atoi(e[strings.IndexByte(e, 'e')+1:])
	if f != 0 && (exp < -4 || exp >= 16) {
		return e
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// Plain is a value as encoding/json knows it.
func Plain(v any) any {
	switch x := v.(type) {
	case *Map:
		if x == nil {
			return nil
		}
		out := map[string]any{}
		for _, k := range x.Keys {
			out[k] = Plain(x.Value(k))
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, it := range x {
			out[i] = Plain(it)
		}
		return out
	case Time:
		return string(x)
	case Big:
		return string(x)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return number.Float(x)
		}
	}
	return v
}

// Str writes a value as Python's str does.
func Str(v any) string {
	if b, ok := v.(bool); ok {
		if b {
			return "True"
		}
		return "False"
	}
	return Text(v)
}
