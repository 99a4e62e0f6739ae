package git

import "strings"

// pattern is one line of a .gitignore, or the first word of one of a .gitattributes.
type pattern struct {
	text    string
	base    string // folder of the file that has it, from the top; empty for the top
	not     bool   // begins with !
	dirOnly bool   // ends with /
	name    bool   // has no slash, so it means a name in any folder
}

// newPattern reads a pattern that stands in the folder base.
func newPattern(text, base string) pattern {
	p := pattern{base: base}
	text, p.not = strings.CutPrefix(text, "!")
	text, p.dirOnly = strings.CutSuffix(text, "/")
	p.name = !strings.Contains(text, "/")
	p.text = strings.TrimPrefix(text, "/")
	return p
}

// match reports whether a path from the top is meant.
func (p pattern) match(path string, dir, fold bool) bool {
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
		return wildmatch(text, path[strings.LastIndexByte(path, '/')+1:], false)
	}
	// git compares what stands before the first wildcard by itself, so that a ** after it
	// counts as one that begins.
	plain := strings.IndexAny(text, `*?[\`)
	if plain < 0 {
		return text == path
	}
	return strings.HasPrefix(path, text[:plain]) && wildmatch(text[plain:], path[plain:], true)
}

// ignoreRules reads the lines of an ignore file that lies in the folder base.
func ignoreRules(text, base string) (list []pattern) {
	text = strings.TrimPrefix(text, "\ufeff")
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if line = trimSpaces(line); line != "" {
			list = append(list, newPattern(line, base))
		}
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

// ignored reports what the last rule that means a path says. A folder above it is the
// caller's to ask first: what lies in an ignored one cannot be brought back.
func ignored(rules []pattern, path string, dir, fold bool) bool {
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].match(path, dir, fold) {
			return !rules[i].not
		}
	}
	return false
}
