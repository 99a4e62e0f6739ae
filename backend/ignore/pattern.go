// Package ignore reads rules as .gitignore has them, and says which paths they leave out. It looks at
// names only, never at files. See gitignore(5).
package ignore

import "strings"

// Pattern is one line of a .gitignore, or the first word of one of a .gitattributes.
type Pattern struct {
	Line    int // in the file that has it, from 1; 0: it is of none
	raw     string
	text    string
	base    string // folder of the file that has it, from the top; empty for the top
	Not     bool   // begins with !
	dirOnly bool   // ends with /
	name    bool   // has no slash, so it means a name in any folder
}

// NewPattern reads a pattern that stands in the folder base.
func NewPattern(text, base string) Pattern {
	p := Pattern{raw: text, base: base}
	text, p.Not = strings.CutPrefix(text, "!")
	text, p.dirOnly = strings.CutSuffix(text, "/")
	p.name = !strings.Contains(text, "/")
	p.text = strings.TrimPrefix(text, "/")
	return p
}

// String is the pattern as it is written.
func (p Pattern) String() string { return p.raw }

// Base is the folder whose file has it, from the top; empty for the top.
func (p Pattern) Base() string { return p.base }

// Match reports whether a path from the top is meant.
func (p Pattern) Match(path string, dir, fold bool) bool {
	if p.dirOnly && !dir {
		return false
	}
	if p.base != "" {
		rest, below := strings.CutPrefix(path, p.base+"/")
		if !below {
			return false
		}
		path = rest
	}
	text := p.text
	if fold {
		text, path = strings.ToLower(text), strings.ToLower(path)
	}
	if p.name {
		return Wildmatch(text, path[strings.LastIndexByte(path, '/')+1:], false)
	}
	// git compares what stands before the first wildcard by itself, so that a ** after it
	// counts as one that begins.
	plain := strings.IndexAny(text, `*?[\`)
	if plain < 0 {
		return text == path
	}
	return strings.HasPrefix(path, text[:plain]) && Wildmatch(text[plain:], path[plain:], true)
}

// Rules reads the lines of an ignore file that lies in the folder base.
func Rules(text, base string) (list []Pattern) {
	for i, line := range lines(text) {
		if line != "" {
			p := NewPattern(line, base)
			p.Line = i + 1
			list = append(list, p)
		}
	}
	return list
}

// lines are those of an ignore file, empty where they hold no pattern.
func lines(text string) []string {
	list := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
	for i, line := range list {
		if line = strings.TrimSuffix(line, "\r"); strings.HasPrefix(line, "#") {
			line = ""
		}
		list[i] = trimSpaces(line)
	}
	return list
}

// trimSpaces takes spaces from the end, except those that a \ quotes.
func trimSpaces(line string) string {
	end := len(line)
	for end > 0 && line[end-1] == ' ' {
		end--
	}
	quotes := 0
	for end-quotes > 0 && line[end-quotes-1] == '\\' {
		quotes++
	}
	if quotes%2 == 1 && end < len(line) {
		end++
	}
	return line[:end]
}

// Ignored reports what the last rule that means a path says. A folder above it is the
// caller's to ask first: what lies in an ignored one cannot be brought back.
func Ignored(rules []Pattern, path string, dir, fold bool) bool {
	p, some := Last(rules, path, dir, fold)
	return some && !p.Not
}

// Last is the last rule that means a path, if there is one.
func Last(rules []Pattern, path string, dir, fold bool) (Pattern, bool) {
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].Match(path, dir, fold) {
			return rules[i], true
		}
	}
	return Pattern{}, false
}
