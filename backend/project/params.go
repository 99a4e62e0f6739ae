package project

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Values is the content of a params file: maps, lists and scalars.
type Values map[string]any

// ParseParams reads the text of a params file; errors say name:line:column.
func ParseParams(name string, text []byte) (Values, error) {
	if len(strings.TrimSpace(string(text))) == 0 {
		return Values{}, nil
	}
	if _, err := parseTree(name, text); err != nil {
		return nil, err
	}
	v := Values{}
	if err := decode(text, &v); err != nil {
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

// OverrideParams writes new values under dotted keys into a params file and keeps
// its comments. Values are read as YAML: 3 is a number, "3" is text.
func OverrideParams(path string, set map[string]string) error {
	if len(set) == 0 {
		return nil
	}
	b, err := readLimited(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := override(filepath.Base(path), b, set)
	if err != nil {
		return err
	}
	return atomicfile.Replace(filepath.Join(filepath.Dir(path), TemporaryDir), path, out, perm(path))
}

func perm(path string) os.FileMode {
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}

// maxInPlace is how many values are swapped with the comments kept: each costs a few
// readings of the file. Where more change, the file is written anew.
const maxInPlace = 100

func override(name string, text []byte, set map[string]string) ([]byte, error) {
	vals, err := ParseParams(name, text)
	if err != nil {
		return nil, err
	}
	left := map[string]any{} // what is new, or cannot be swapped in place
	for _, k := range slices.Sorted(maps.Keys(set)) {
		if k == "" || strings.HasPrefix(k, ".") || strings.HasSuffix(k, ".") || strings.Contains(k, "..") {
			return nil, errs.New(errs.Invalid, "%q is not a param's key", k).WithHint("write it as in train.lr=0.1")
		}
		var parsed any
		if decode([]byte(set[k]), &parsed) != nil {
			parsed = set[k]
		}
		if old, ok := vals.Get(k); !ok || Text(old) != Text(parsed) {
			left[k] = parsed
		}
	}
	if len(left) <= maxInPlace {
		text = swap(text, vals, left, set)
	}
	if len(left) == 0 {
		return text, nil
	}
	return rewrite(name, text, left)
}

// swap replaces values that are there, and takes them out of left.
func swap(text []byte, vals Values, left map[string]any, set map[string]string) []byte {
	for _, k := range slices.Sorted(maps.Keys(left)) {
		if _, ok := vals.Get(k); !ok {
			continue
		}
		if out, ok := replaceInPlace(text, k, set[k]); ok {
			text = out
			delete(left, k)
		}
	}
	return text
}

// replaceInPlace swaps one scalar and proves, by reading the result back, that it
// did that and nothing else; comments and order stay.
func replaceInPlace(text []byte, key, value string) ([]byte, bool) {
	file, err := parser.ParseBytes(text, parser.ParseComments)
	if err != nil {
		return nil, false
	}
	at, err := yaml.PathString("$." + key)
	if err != nil || at.ReplaceWithReader(file, strings.NewReader(value)) != nil {
		return nil, false
	}
	out := []byte(strings.TrimRight(file.String(), "\n") + "\n")
	before, err1 := ParseParams("", text)
	after, err2 := ParseParams("", out)
	if err1 != nil || err2 != nil {
		return nil, false
	}
	var want any
	if decode([]byte(value), &want) != nil {
		return nil, false
	}
	before.set(key, want)
	return out, Text(map[string]any(before)) == Text(map[string]any(after))
}

// rewrite encodes all values anew, sorted; it is the way for keys that are new.
func rewrite(name string, text []byte, left map[string]any) ([]byte, error) {
	vals, err := ParseParams(name, text)
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(left)) {
		if !vals.set(k, left[k]) {
			return nil, errs.New(errs.Invalid, "param %q is under a value that holds no keys", k).WithHint("look at it in %s", name)
		}
	}
	return yaml.Marshal(map[string]any(vals))
}

func (v Values) set(key string, value any) bool {
	if _, ok := v[key]; ok {
		v[key] = value
		return true
	}
	at := map[string]any(v)
	parts := strings.Split(key, ".")
	for _, part := range parts[:len(parts)-1] {
		next, ok := at[part]
		if !ok {
			next = map[string]any{}
			at[part] = next
		}
		if at, ok = next.(map[string]any); !ok {
			return false
		}
	}
	at[parts[len(parts)-1]] = value
	return true
}
