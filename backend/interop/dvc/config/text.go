package config

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// Text is a config file that is about to be changed, with its order. It is written as DVC writes
// it, by the rules of Python's configobj: without comments.
type Text struct {
	name     string
	sections []*section
}

type section struct {
	name string // those of remotes as remote "NAME"
	keys []string
	vals map[string][]string // a value that is no list has one
	list map[string]bool

	typed map[string]bool // keys that were set since it was read
}

// ReadText reads a config file to change it; name is for errors.
func ReadText(name string, b []byte) (*Text, error) {
	if _, err := Read(name, b); err != nil {
		return nil, err
	}
	t := &Text{name: name}
	var s *section
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			inner := unquote(line[1:strings.LastIndexByte(line, ']')])
			s = t.section(strings.ToLower(kindOf(inner)) + rest(inner))
		default:
			key, value, _ := strings.Cut(line, "=")
			vals, list, ok := values(strings.TrimSpace(value))
			if !ok {
				return nil, doc.Fail(name, doc.Pos{Line: n, Col: 1}, "it is written in a way that is not changed from here: %.40q", line).WithHint("change it by hand, or with dvc config")
			}
			s.set(strings.ToLower(unquote(key)), list, vals...)
		}
	}
	return t, nil
}

var oneValue = regexp.MustCompile(`^(?:"([^"]*)"|'([^']*)'|([^'",#\s](?:[^,#]*[^,#\s])?))\s*(?:(,)\s*|#.*$|$)`)

// values splits what stands behind an equals sign; false where it is more than words and texts in quotes.
func values(s string) (vals []string, list, ok bool) {
	if s == "" || s[0] == '#' {
		return []string{""}, false, true
	}
	if strings.HasPrefix(s, `"""`) || strings.HasPrefix(s, "'''") {
		return nil, false, false
	}
	for s != "" {
		m := oneValue.FindStringSubmatch(s)
		if m == nil || m[0] == "" {
			return nil, false, false
		}
		vals = append(vals, m[1]+m[2]+m[3])
		list = list || m[4] == ","
		if s = s[len(m[0]):]; s != "" && m[4] != "," {
			return nil, false, false
		}
	}
	return vals, list, true
}

func (t *Text) find(name string) *section {
	for _, s := range t.sections {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (t *Text) section(name string) *section {
	s := t.find(name)
	if s == nil {
		s = &section{name: name, vals: map[string][]string{}, list: map[string]bool{}, typed: map[string]bool{}}
		t.sections = append(t.sections, s)
	}
	return s
}

func (s *section) set(key string, list bool, vals ...string) {
	if _, has := s.vals[key]; !has {
		s.keys = append(s.keys, key)
	}
	s.vals[key], s.list[key] = vals, list
}

// Has reports whether there is a section.
func (t *Text) Has(name string) bool { return t.find(name) != nil }

// Get is the value of a key; false where there is none.
func (t *Text) Get(name, key string) (string, bool) {
	s := t.find(name)
	if s == nil || s.vals[key] == nil {
		return "", false
	}
	return strings.Join(s.vals[key], ", "), true
}

// Set gives a key a value, in a section that is made where it is not there.
func (t *Text) Set(name, key, value string) {
	s := t.section(name)
	s.set(key, false, value)
	s.typed[key] = true
}

// Unset takes a key away; one that is not there is no error.
func (t *Text) Unset(name, key string) {
	if s := t.find(name); s != nil {
		delete(s.vals, key)
		s.keys = slices.DeleteFunc(s.keys, func(k string) bool { return k == key })
	}
}

// Drop takes a section away.
func (t *Text) Drop(name string) {
	t.sections = slices.DeleteFunc(t.sections, func(s *section) bool { return s.name == name })
}

// Rename gives a section another name and the last place, as DVC does.
func (t *Text) Rename(from, to string) {
	s := t.find(from)
	t.Drop(from)
	s.name = to
	t.sections = append(t.sections, s)
}

// All are the keys with their values as SECTION.KEY, in their order; those of remotes as remote.NAME.KEY.
func (t *Text) All() (pairs [][2]string) {
	for _, s := range t.ordered() {
		name := strings.ReplaceAll(strings.ReplaceAll(s.name, ` "`, "."), `"`, "")
		for _, k := range s.keys {
			v, _ := t.Get(s.name, k)
			pairs = append(pairs, [2]string{name + "." + k, v})
		}
	}
	return pairs
}

// ordered are the sections as DVC writes them: remotes and the like behind all others.
func (t *Text) ordered() []*section {
	out := slices.Clone(t.sections)
	slices.SortStableFunc(out, func(a, b *section) int { return rank(a.name) - rank(b.name) })
	return out
}

func rank(name string) int {
	return slices.Index([]string{"remote", "machine", "db"}, kindOf(name)) + 1
}

// Write is the file as DVC writes it.
func (t *Text) Write() ([]byte, error) {
	var b strings.Builder
	for _, s := range t.ordered() {
		if len(s.keys) == 0 && rank(s.name) == 0 {
			continue
		}
		head, err := quoted(s.name, false)
		if err != nil {
			return nil, err
		}
		b.WriteString("[" + head + "]\n")
		for _, k := range s.keys {
			line, err := s.line(k)
			if err != nil {
				return nil, err
			}
			b.WriteString("    " + line + "\n")
		}
	}
	text := []byte(cmp.Or(b.String(), "\n"))
	if len(text) > doc.MaxSize {
		return nil, doc.TooLarge(t.name, len(text))
	}
	return text, nil
}

func (s *section) line(key string) (string, error) {
	k, err := quoted(key, false)
	if err != nil {
		return "", err
	}
	var vals []string
	for _, one := range s.vals[key] {
		v, err := quoted(one, !s.list[key])
		if err != nil {
			return "", err
		}
		vals = append(vals, v)
	}
	v := strings.Join(vals, ", ")
	if s.list[key] && len(vals) == 1 {
		v += ","
	}
	return k + " = " + v, nil
}

// quoted puts a text into the quotes that configobj puts it into.
func quoted(s string, alone bool) (string, error) {
	both := strings.Contains(s, `"`) && strings.Contains(s, "'")
	switch {
	case s == "":
		return `""`, nil
	case strings.Contains(s, "\n"), both && (!alone || strings.Contains(s, "'''") || strings.Contains(s, `"""`)):
		return "", errs.New(errs.Invalid, "%.60q cannot be written into a config", s)
	case both:
		return "'''" + s + "'''", nil
	case !strings.ContainsAny(s[:1]+s[len(s)-1:], " \r\v\t'\"") && !strings.ContainsAny(s, ",#"):
		return s, nil
	case strings.Contains(s, `"`):
		return "'" + s + "'", nil
	}
	return `"` + s + `"`, nil
}

// paths are the keys of remotes that name files, beside their url.
var paths = []string{"url", "gdrive_user_credentials_file", "gdrive_service_account_json_file_path", "credentialpath", "configpath", "keyfile", "cert_path", "key_path"}

// isPath reports whether a key names a place.
func isPath(name, key string) bool {
	return name == "cache" && key == "dir" || kindOf(name) == "remote" && slices.Contains(paths, key)
}

// hasScheme finds addresses, which are no paths.
var hasScheme = regexp.MustCompile(`^\w+://`)

// Relative makes a path that was typed in one folder one from another, as DVC does.
func Relative(value, typed, from string) string {
	if value == "" || hasScheme.MatchString(value) || filepath.IsAbs(value) || strings.HasPrefix(value, "~") {
		return value
	}
	rel, err := filepath.Rel(from, filepath.Join(typed, filepath.FromSlash(value)))
	if err != nil {
		return value
	}
	return filepath.ToSlash(rel)
}

// Settle makes all paths of the file relative to its folder in their shortest form, as DVC does
// whenever it writes one; those that were set since it was read are meant from another.
func (t *Text) Settle(dir, typed string) {
	for _, s := range t.sections {
		for _, k := range s.keys {
			if !isPath(s.name, k) || len(s.vals[k]) != 1 {
				continue
			}
			from := dir
			if s.typed[k] {
				from = typed
			}
			s.vals[k][0] = Relative(s.vals[k][0], from, dir)
		}
	}
}

// Make makes a section where it is not there.
func (t *Text) Make(name string) { t.section(name) }

// Replace lets a section hold one key only; where it is not there, it is made.
func (t *Text) Replace(name, key, value string) {
	s := t.section(name)
	s.keys, s.vals, s.list = nil, map[string][]string{}, map[string]bool{}
	t.Set(name, key, value)
}

// Remotes are the remotes of the file that have a url: their names and urls, with paths from dir.
func (t *Text) Remotes(dir string) (list [][2]string) {
	for _, s := range t.sections {
		name, is := strings.CutPrefix(s.name, "remote ")
		url, has := t.Get(s.name, "url")
		if !is || !has {
			continue
		}
		if !hasScheme.MatchString(url) && !filepath.IsAbs(url) && !strings.HasPrefix(url, "~") {
			url = filepath.Join(dir, filepath.FromSlash(url))
		}
		list = append(list, [2]string{unquote(name), url})
	}
	return list
}
