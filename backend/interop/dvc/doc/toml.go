package doc

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/BurntSushi/toml"
)

// parseTOML reads TOML and keeps the order of keys.
func parseTOML(name string, b []byte) (v any, err error) {
	defer func() { // the parser is somebody else's and the bytes come from outside
		if r := recover(); r != nil {
			err = Fail(name, Pos{}, "cannot be read as TOML: %v", r)
		}
	}()
	if len(b) > MaxSize {
		return nil, TooLarge(name, len(b))
	}
	raw := map[string]any{}
	meta, err := toml.Decode(string(b), &raw)
	if err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return nil, Fail(name, Pos{at.Position.Line, at.Position.Col}, "cannot be read as TOML: %s", at.Message)
		}
		return nil, Fail(name, Pos{}, "cannot be read as TOML: %v", err)
	}
	order := map[string][]string{}
	for _, k := range meta.Keys() {
		for i := range k { // [a.b.c] makes a and b too, without a word of them
			if up := k[:i].String(); !slices.Contains(order[up], k[i]) {
				order[up] = append(order[up], k[i])
			}
		}
	}
	return fromTOML(raw, nil, order), nil
}

func fromTOML(v any, at toml.Key, order map[string][]string) any {
	switch x := v.(type) {
	case map[string]any:
		m := &Map{}
		for _, k := range order[at.String()] {
			if val, ok := x[k]; ok {
				m.Set(k, fromTOML(val, append(slices.Clone(at), k), order))
			}
		}
		return m
	case []map[string]any:
		list := make([]any, len(x))
		for i, it := range x {
			list[i] = fromTOML(it, at, order)
		}
		return list
	case []any:
		list := make([]any, len(x))
		for i, it := range x {
			list[i] = fromTOML(it, at, order)
		}
		return list
	case time.Time:
		return Time(x.Format(time.RFC3339Nano))
	case string, bool, int64, float64:
		return x
	}
	return fmt.Sprint(v)
}
