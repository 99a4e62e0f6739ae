package project

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/yamldoc"
)

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

// maxInPlace is how many values are swapped with all else kept byte for byte: each costs a
// few readings of the file. Where more change, the file is written anew.
const maxInPlace = 100

func override(name string, text []byte, set map[string]string) ([]byte, error) {
	vals, err := ParseParams(name, text)
	if err != nil {
		return nil, err
	}
	left := map[string]*yaml.Node{} // what is new, or cannot be swapped in place
	for _, k := range slices.Sorted(maps.Keys(set)) {
		if k == "" || strings.HasPrefix(k, ".") || strings.HasSuffix(k, ".") || strings.Contains(k, "..") {
			return nil, errs.New(errs.Invalid, "%q is not a param's key", k).WithHint("write it as in train.lr=0.1")
		}
		value := given(set[k])
		if old, ok := vals.Get(k); !ok || Text(old) != Text(yamldoc.Value(value)) {
			left[k] = value
		}
	}
	if len(left) <= maxInPlace {
		text = swap(text, left, set)
	}
	if len(left) == 0 {
		return text, nil
	}
	return rewrite(name, text, left)
}

// given reads a value; what is no YAML is text.
func given(value string) *yaml.Node {
	n, err := yamldoc.Parse([]byte(value))
	if err != nil || n == nil {
		return yamldoc.String(value)
	}
	return n
}

// swap replaces values that are there, and takes them out of left.
func swap(text []byte, left map[string]*yaml.Node, set map[string]string) []byte {
	for _, k := range slices.Sorted(maps.Keys(left)) {
		if out, ok := replaceInPlace(text, k, set[k], left[k]); ok {
			text = out
			delete(left, k)
		}
	}
	return text
}

// replaceInPlace swaps one value and proves, by reading the result back, that it did that and
// nothing else; comments and order stay.
func replaceInPlace(text []byte, key, value string, means *yaml.Node) ([]byte, bool) {
	tree, err := yamldoc.Parse(text)
	if err != nil || tree == nil {
		return nil, false
	}
	at := find(tree, key)
	if at == nil {
		return nil, false
	}
	out, ok := yamldoc.Splice(text, at, value)
	if !ok {
		return nil, false
	}
	before, err1 := ParseParams("", text)
	after, err2 := ParseParams("", out)
	if err1 != nil || err2 != nil {
		return nil, false
	}
	before.set(key, yamldoc.Value(means))
	return out, Text(map[string]any(before)) == Text(map[string]any(after))
}

// find is the node under a dotted key, as Values.Get finds its value.
func find(tree *yaml.Node, key string) *yaml.Node {
	if n := yamldoc.Child(tree, key); n != nil {
		return n
	}
	at := tree
	for _, part := range strings.Split(key, ".") {
		if at = yamldoc.Child(at, part); at == nil {
			return nil
		}
	}
	return at
}

// rewrite writes the file anew, with its comments and in its order; it is the way for keys that
// are new.
func rewrite(name string, text []byte, left map[string]*yaml.Node) ([]byte, error) {
	want, err := ParseParams(name, text)
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(left)) {
		if !want.set(k, yamldoc.Value(left[k])) {
			return nil, errs.New(errs.Invalid, "param %q is under a value that holds no keys", k).WithHint("look at it in %s", name)
		}
	}
	out, err := yamldoc.Edit(text, func(root *yaml.Node) error {
		for _, k := range slices.Sorted(maps.Keys(left)) {
			put(root, k, left[k])
		}
		return nil
	})
	if got, err2 := ParseParams(name, out); err != nil || err2 != nil || Text(map[string]any(got)) != Text(map[string]any(want)) {
		return nil, errs.New(errs.Invalid, "%s cannot be written anew with other params", name).WithHint("change it by hand")
	}
	return out, nil
}

// put sets a dotted key as Values.set does.
func put(at *yaml.Node, key string, value *yaml.Node) {
	if yamldoc.Child(at, key) != nil {
		yamldoc.Put(at, key, value)
		return
	}
	parts := strings.Split(key, ".")
	for _, part := range parts[:len(parts)-1] {
		if yamldoc.Child(at, part) == nil {
			yamldoc.Put(at, part, &yaml.Node{Kind: yaml.MappingNode})
		}
		at = yamldoc.Child(at, part)
	}
	yamldoc.Put(at, parts[len(parts)-1], value)
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
