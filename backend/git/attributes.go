package git

import (
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/ignore"
)

// The values of an attribute that are no text of their own. An attribute that nothing
// says anything of is empty.
const (
	attrSet   = "\x00set"
	attrUnset = "\x00unset"
)

// attributes are the .gitattributes of a work tree and the files beside them, read as
// they are asked for.
type attributes struct {
	read   func(name string) string // a file from the top; empty where there is none
	first  []attrRule               // .git/info/attributes, which has the last word
	last   []attrRule               // those of the person and of the machine
	macros map[string][]attrState
	byDir  map[string][]attrRule
	fold   bool
}

type attrRule struct {
	ignore.Pattern
	states []attrState
}

type attrState struct{ name, value string }

func (r *Repo) attributes(s *settings, read func(name string) string) *attributes {
	a := &attributes{read: read, byDir: map[string][]attrRule{}, fold: s.yes("core.ignorecase", false), macros: map[string][]attrState{
		"binary": {{"diff", attrUnset}, {"merge", attrUnset}, {"text", attrUnset}},
	}}
	own := s.get("core.attributesfile")
	if own == "" && configHome() != "" {
		own = filepath.Join(configHome(), "git", "attributes")
	}
	a.last = append(a.parse(outside("/etc/gitattributes"), "", true), a.parse(outside(atHome(own)), "", true)...)
	a.byDir[""] = a.parse(read(".gitattributes"), "", true)
	a.first = a.parse(outside(filepath.Join(commonOf(r.gitDir), "info", "attributes")), "", true)
	return a
}

// parse reads the lines of a file in the folder base. Macros stand at the top only.
func (a *attributes) parse(text, base string, top bool) (list []attrRule) {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimLeft(strings.TrimSuffix(line, "\r"), " \t")
		if line == "" || line[0] == '#' {
			continue
		}
		word, rest := attrPattern(line)
		states := attrStates(rest)
		if name, ok := strings.CutPrefix(word, "[attr]"); ok {
			if top {
				a.macros[name] = states
			}
			continue
		}
		if p := ignore.NewPattern(word, base); !p.Not {
			list = append(list, attrRule{p, states})
		}
	}
	return list
}

// attrPattern cuts the pattern off a line; one in quotes is as in C.
func attrPattern(line string) (word, rest string) {
	if line[0] == '"' {
		if quoted, err := strconv.QuotedPrefix(line); err == nil {
			if word, err = strconv.Unquote(quoted); err == nil {
				return word, line[len(quoted):]
			}
		}
	}
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return line, ""
	}
	return line[:end], line[end:]
}

func attrStates(text string) (list []attrState) {
	for _, word := range strings.Fields(text) {
		name, value, has := strings.Cut(word, "=")
		switch {
		case has:
		case strings.HasPrefix(name, "-"):
			name, value = name[1:], attrUnset
		case strings.HasPrefix(name, "!"):
			name, value = name[1:], ""
		default:
			value = attrSet
		}
		list = append(list, attrState{name, value})
	}
	return list
}

// get returns an attribute of a path from the top: the last line of the nearest file that
// says something of it.
func (a *attributes) get(name, attr string) string {
	if v, ok := a.find(a.first, name, attr); ok {
		return v
	}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if dir == "." {
			dir = ""
		}
		if v, ok := a.find(a.of(dir), name, attr); ok {
			return v
		}
		if dir == "" {
			break
		}
	}
	v, _ := a.find(a.last, name, attr)
	return v
}

func (a *attributes) of(dir string) []attrRule {
	rules, ok := a.byDir[dir]
	if !ok {
		rules = a.parse(a.read(dir+"/.gitattributes"), dir, false)
		a.byDir[dir] = rules
	}
	return rules
}

func (a *attributes) find(rules []attrRule, name, attr string) (string, bool) {
	for i := len(rules) - 1; i >= 0; i-- {
		if !rules[i].Match(name, false, a.fold) {
			continue
		}
		if v, ok := a.among(rules[i].states, attr, 0); ok {
			return v, true
		}
	}
	return "", false
}

// among looks an attribute up in a line, whose macros stand for others.
func (a *attributes) among(states []attrState, attr string, depth int) (string, bool) {
	for i := len(states) - 1; i >= 0; i-- {
		s := states[i]
		if s.name == attr {
			return s.value, true
		}
		if s.value == attrSet && depth < maxIncludes {
			if v, ok := a.among(a.macros[s.name], attr, depth+1); ok {
				return v, true
			}
		}
	}
	return "", false
}
