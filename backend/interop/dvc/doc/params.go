package doc

import (
	"path"
	"strconv"
	"strings"
)

// ReadParams reads the text of a params file; its name says the format: .json, .toml,
// .py, and YAML for every other. Errors say name:line:column.
func ReadParams(name string, b []byte) (*Map, error) {
	v, err := Read(name, b)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return &Map{}, nil
	}
	m, ok := v.(*Map)
	if !ok {
		return nil, Fail(name, Pos{}, "want a mapping of params, found %s", Kind(v))
	}
	return m, nil
}

// Read reads a file of params or metrics by its name.
func Read(name string, b []byte) (any, error) {
	parse := ParseYAML
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		parse = parseJSON
	case ".toml":
		parse = parseTOML
	case ".py":
		parse = parsePython
	}
	return parse(name, b)
}

// Lookup finds a value under a dotted key, through lists by number.
func Lookup(v any, key string) (any, bool) { return Walk(v, strings.Split(key, ".")) }

// Walk goes down a document by keys of its mappings and numbers in its lists.
func Walk(v any, way []string) (any, bool) {
	for _, part := range way {
		switch x := v.(type) {
		case *Map:
			next, ok := x.Get(part)
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, true
}
