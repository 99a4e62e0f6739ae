package metafile

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
)

// scope is what ${…} can name: params.yaml beside the dvc.yaml, then vars in order.
type scope struct {
	vals    *doc.Map
	loaded  map[string][]string // keys taken from each file; nil for all of it
	reserve []string            // names that foreach and matrix give
	read    func(file string) ([]byte, error)
	style   config.OptionStyle
	origins map[string]any      // of vals that files say
	used    map[string]*doc.Map // values that were taken, by file and dotted key; nil where nobody asks
}

func newScope(read func(string) ([]byte, error)) *scope {
	return &scope{vals: &doc.Map{}, loaded: map[string][]string{}, read: read, origins: map[string]any{}}
}

func (s *scope) clone() *scope {
	out := &scope{vals: doc.Clone(s.vals).(*doc.Map), loaded: map[string][]string{}, reserve: s.reserve, read: s.read, style: s.style, origins: s.origins, used: s.used}
	for k, v := range s.loaded {
		out.loaded[k] = slices.Clone(v)
	}
	return out
}

// with returns a scope that knows some more names, before all others, and where the item is from.
func (s *scope) with(names *doc.Map, item any) *scope {
	one := *s
	out := &one // load would change what is in vals, and gets a clone of all
	out.vals = &doc.Map{}
	for _, k := range s.vals.Keys {
		out.vals.Set(k, s.vals.Value(k))
	}
	out.origins = maps.Clone(s.origins)
	delete(out.origins, "key")
	out.origins["item"] = item
	for _, k := range names.Keys {
		out.vals.Set(k, names.Value(k))
		out.reserve = append(slices.Clone(out.reserve), k)
	}
	return out
}

// load takes a list of vars: FILE, FILE:KEY,KEY or values.
func (s *scope) load(vars []any, dir string) error {
	for _, v := range vars {
		switch x := v.(type) {
		case string:
			if err := s.file(x, dir); err != nil {
				return err
			}
		case *doc.Map:
			if err := s.merge(doc.Clone(x).(*doc.Map), "vars"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scope) file(item, dir string) error {
	name, list, some := strings.Cut(item, ":")
	if at := path.Join(dir, name); path.IsAbs(name) || at == ".." || strings.HasPrefix(at, "../") {
		return errs.New(errs.Invalid, "vars name %s, which lies outside of the project and is not read", name).WithHint("put the file into the project")
	}
	name = path.Join(dir, name)
	var keys []string
	if some {
		keys = slices.DeleteFunc(strings.Split(list, ","), func(k string) bool { return k == "" })
	}
	before, again := s.loaded[name]
	switch {
	case again && before == nil && keys == nil:
		return nil
	case again && (before == nil || keys == nil || slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(before, k) })):
		return errs.New(errs.Invalid, "vars take %s twice", item).WithHint("name the whole file once, or each key once")
	}
	b, err := s.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.Invalid, "vars name %s, which is not there", name).WithHint("write the file, or take it out of vars")
	}
	if err != nil {
		return errs.New(errs.Invalid, "vars name %s, which cannot be read: %w", name, err)
	}
	all, err := doc.ReadParams(name, b)
	if err != nil {
		return err
	}
	if keys != nil {
		some := &doc.Map{}
		for _, k := range keys {
			v, ok := all.Get(k)
			if !ok {
				return errs.New(errs.Invalid, "vars want %q of %s, and it is not there", k, name)
			}
			some.Set(k, v)
		}
		all = some
	}
	if err := Undated(name, all, doc.Pos{}, ""); err != nil {
		return err
	}
	s.loaded[name] = append(before, keys...)
	if from, ok := originsOf(name, "", all).(map[string]any); ok {
		s.origins = joined(s.origins, from)
	}
	return s.merge(all, item)
}

// merge adds values. Mappings join; nothing that is there is overwritten.
func (s *scope) merge(from *doc.Map, source string) error {
	for _, k := range from.Keys {
		if slices.Contains(s.reserve, k) {
			return errs.New(errs.Invalid, "%q of %s is a name that foreach or matrix gives", k, source).WithHint("choose another name")
		}
	}
	return mergeInto(s.vals, from, source)
}

func mergeInto(into, from *doc.Map, source string) error {
	for _, k := range from.Keys {
		have, there := into.Get(k)
		a, isMap := have.(*doc.Map)
		b, bothMap := from.Value(k).(*doc.Map)
		switch {
		case isMap && bothMap:
			if err := mergeInto(a, b, source); err != nil {
				return err
			}
		case there:
			return errs.New(errs.Invalid, "%s sets %q, which is set already", source, k).WithHint("DVC merges vars and overwrites none: give one of them another name")
		default:
			into.Set(k, from.Value(k))
		}
	}
	return nil
}

// find looks an expression such as a.b[0] up.
func (s *scope) find(expr string) (any, error) {
	var v any = s.vals
	for _, part := range parts(expr) {
		next, ok := child(v, part)
		if !ok {
			return nil, errs.New(errs.Invalid, "could not find ${%s}", expr).WithHint("add it to %s or to vars", ParamsFile)
		}
		v = next
	}
	return v, nil
}

// parts are the names in an expression.
func parts(expr string) []string {
	list := strings.Split(strings.ReplaceAll(strings.ReplaceAll(expr, "[", "."), "]", ""), ".")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// place is where in a list of a length a part of an expression points.
func place(part string, length int) (int, bool) {
	i, err := strconv.Atoi(part)
	if err == nil && i < 0 {
		i += length
	}
	return i, err == nil && i >= 0 && i < length
}

func child(v any, part string) (any, bool) {
	switch x := v.(type) {
	case *doc.Map:
		return x.Get(part)
	case []any:
		if i, ok := place(part, len(x)); ok {
			return x[i], true
		}
	}
	return nil, false
}

var (
	inner     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{(.*?)\}`) })
	validExpr = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^.\[\]]+(?:\.[^.\[\]]+|\[[^.\[\]]+\])*$`) })
)

// Matches finds the expressions of a string that are not escaped with a backslash.
func Matches(s string) (list [][]int) {
	for _, m := range inner().FindAllStringSubmatchIndex(s, -1) {
		if m[0] == 0 || s[m[0]-1] != '\\' {
			list = append(list, m)
		}
	}
	return list
}

func templated(v any) bool {
	switch x := v.(type) {
	case string:
		return len(Matches(x)) > 0
	case []any:
		return slices.ContainsFunc(x, templated)
	case *doc.Map:
		for _, k := range x.Keys {
			if templated(k) || templated(x.Value(k)) {
				return true
			}
		}
	}
	return false
}

// fill puts values in the place of expressions, to the bottom. Key is the stage's key
// that v stands under; anything may come in where it is empty.
func (s *scope) fill(v any, key string) (any, error) {
	switch x := v.(type) {
	case string:
		return s.fillText(x, key)
	case []any:
		out := make([]any, 0, len(x))
		for _, it := range x {
			filled, err := s.fill(it, key)
			if err != nil {
				return nil, err
			}
			out = append(out, filled)
		}
		return out, nil
	case *doc.Map:
		out := x.Bare()
		for _, k := range x.Keys {
			name, err := s.fillText(k, key)
			if err != nil {
				return nil, err
			}
			filled, err := s.fill(x.Value(k), key)
			if err != nil {
				return nil, err
			}
			out.Set(doc.Text(name), filled)
		}
		return out, nil
	}
	return v, nil
}

func (s *scope) fillText(t, key string) (any, error) {
	found := Matches(t)
	var b strings.Builder
	done := 0
	for _, m := range found {
		expr := t[m[2]:m[3]]
		if !validExpr().MatchString(expr) {
			return nil, errs.New(errs.Invalid, "${%s} is no expression", expr).WithHint("write ${name}, ${name.key} or ${name[0]}")
		}
		v, err := s.find(expr)
		if err != nil {
			return nil, err
		}
		if err := fits(v, key, expr); err != nil {
			return nil, err
		}
		s.use(expr)
		if m[0] == 0 && m[1] == len(t) {
			if dict, ok := v.(*doc.Map); ok && key == "cmd" {
				return s.style.Options(dict)
			}
			return v, nil
		}
		said, err := s.inText(v)
		if err != nil {
			return nil, err
		}
		b.WriteString(t[done:m[0]] + said)
		done = m[1]
	}
	b.WriteString(t[done:])
	return strings.ReplaceAll(b.String(), `\${`, "${"), nil
}

// fits refuses lists and mappings everywhere but in foreach and matrix; a cmd takes a mapping.
func fits(v any, key, expr string) error {
	_, list := v.([]any)
	_, dict := v.(*doc.Map)
	if key == "" || !list && !dict || dict && key == "cmd" {
		return nil
	}
	return errs.New(errs.Invalid, "${%s} is %s, which %s cannot take", expr, doc.Kind(v), key)
}

func (s *scope) inText(v any) (string, error) {
	if m, ok := v.(*doc.Map); ok {
		return s.style.Options(m)
	}
	return doc.Text(v), nil
}
