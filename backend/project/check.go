package project

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"rondo/backend/errs"
	"rondo/backend/yamldoc"
)

// checker collects what is wrong with a file that parsed.
type checker struct {
	name string
	f    *File
	at   map[string][2]int // line and column by path of keys
	errs []error
}

// check reports every rule that f breaks; the first one leads.
func check(name string, f *File, tree *yaml.Node) error {
	c := &checker{name: name, f: f, at: map[string][2]int{}}
	c.index(tree, "")
	f.name, f.places = name, c.at
	c.top()
	c.data(f.Data)
	each(f.Datasets, c.dataset)
	c.apart()
	each(f.Stages, c.stage)
	each(f.Models, c.model)
	each(f.Endpoints, c.endpoint)
	each(f.Monitors, c.monitor)
	each(f.Triggers, c.trigger)
	if len(c.errs) == 0 {
		return nil
	}
	if len(c.errs) == 1 {
		return c.errs[0]
	}
	return errs.New(errs.Invalid, "%w", errors.Join(c.errs...)).WithHint("%s", errs.HintOf(c.errs[0]))
}

func each[T any](m map[string]T, fn func(name string, v T)) {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fn(n, m[n])
	}
}

// index notes where every key stands.
func (c *checker) index(n *yaml.Node, at string) {
	if n.Kind == yaml.SequenceNode {
		for i, it := range n.Content {
			here := at + "[" + strconv.Itoa(i) + "]"
			c.at[here] = [2]int{it.Line, it.Column}
			c.index(it, here)
		}
		return
	}
	pairs, _ := yamldoc.Mapping(n)
	for _, kv := range pairs {
		here := at + "." + kv.Key.Value
		c.at[here] = [2]int{kv.Key.Line, kv.Key.Column}
		c.index(kv.Value, here)
	}
}

// nearestPlace is where the key stands, or, where it is absent, the nearest key above.
func nearestPlace(places map[string][2]int, at string) [2]int {
	pos, ok := places[at]
	for up := at; !ok && up != ""; {
		up = up[:max(strings.LastIndexByte(up, '.'), strings.LastIndexByte(up, '['), 0)]
		pos, ok = places[up]
	}
	if !ok {
		return [2]int{1, 1}
	}
	return pos
}

// Where tells where a key such as .stages.train.deps[0] stands, as name:line:column.
func (f *File) Where(key string) string {
	if f.name == "" {
		return FileName // it was not read from a text
	}
	pos := nearestPlace(f.places, key)
	return fmt.Sprintf("%s:%d:%d", f.name, pos[0], pos[1])
}

// fail adds an error at the key; where it is absent, at the nearest key above.
func (c *checker) fail(at, hint, format string, args ...any) {
	pos := nearestPlace(c.at, at)
	msg := fmt.Sprintf(format, args...)
	c.errs = append(c.errs, errs.New(errs.Invalid, "%s:%d:%d: %s: %s", c.name, pos[0], pos[1], strings.TrimPrefix(at, "."), msg).WithHint("%s", hint))
}

func (c *checker) top() {
	if c.f.Rondo == 0 {
		c.fail(".rondo", "begin the file with `rondo: 1`", "the file's format is missing")
	} else if c.f.Rondo != Format {
		c.fail(".rondo", "get a Rondo that knows this format", "format %d is not known to this Rondo, which reads %d", c.f.Rondo, Format)
	}
	if q := c.f.Queue.Parallel; q < 1 || q > 1024 {
		c.fail(".queue.parallel", "write a number from 1 to 1024", "%d runs at once cannot be", q)
	}
}

func (c *checker) named(at, name string) {
	ok := name != "" && len(name) <= 128 && !strings.HasPrefix(name, "-") && !strings.HasPrefix(name, ".")
	for _, r := range name {
		ok = ok && r > ' ' && !strings.ContainsRune(`/\:*?"<>|`, r) && r != 0x7f
	}
	if !ok {
		c.fail(at, "use letters, digits, - and _", "%q cannot be a name", name)
	}
}

// inside checks a path of the person: relative, slashes, within the project.
func (c *checker) inside(at, p string) {
	if p == "" || !Local(p) {
		c.fail(at, "write a path inside the project folder, with forward slashes", "%q is not a path inside the project", p)
	}
}

// Local reports whether p is a clean relative slash path that stays inside the
// project folder and outside .rondo and .git.
func Local(p string) bool {
	if strings.ContainsAny(p, "\x00\\") || path.IsAbs(p) || strings.Contains(p, ":") && len(p) > 1 && p[1] == ':' {
		return false
	}
	clean := path.Clean(p)
	first, _, _ := strings.Cut(clean, "/")
	return clean != "." && first != ".." && first != PrivateDir && first != ".git"
}

func (c *checker) oneOf(at, got string, want ...string) {
	if !slices.Contains(want, got) {
		c.fail(at, "write one of: "+strings.Join(want, ", "), "%q is not known", got)
	}
}

func known[T any](c *checker, at, what, name string, m map[string]T) {
	if _, ok := m[name]; ok || name == "" {
		return
	}
	c.fail(at, fmt.Sprintf("add it under %ss:, or correct the name", what), "there is no %s %q", what, name)
}

func (c *checker) require(at, value string) bool {
	if value == "" {
		c.fail(at, "add the key", "the key is missing")
	}
	return value != ""
}
