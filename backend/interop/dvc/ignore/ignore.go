// Package ignore reads .dvcignore and .gitignore rules and says which paths they leave out, as DVC
// does where it and git disagree. It looks at names only, never at files.
package ignore

import (
	"regexp"
	"slices"
	"strings"
)

// Rules is a set of ignore rules as .dvcignore and .gitignore hold them; of two that
// match, the later one is right, and what is in an ignored folder is ignored.
type Rules struct {
	rules []rule
}

type rule struct {
	base    string // folder of the file that the rule stands in; "" for the top
	re      *regexp.Regexp
	negated bool
	dirOnly bool
	text    string
	line    int // in its file; 0 of what DVC never looks at
}

const maxRules = 20_000

// With returns the rules with those of a file in the folder base after them. Lines that
// are no rule are passed over, as DVC does it.
func (g *Rules) With(base string, b []byte) *Rules {
	out := &Rules{}
	if g != nil {
		out.rules = append(out.rules, g.rules...)
	}
	if base == "." {
		base = ""
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		if r, ok := parseRule(base, strings.TrimSpace(line)); ok && len(out.rules) < maxRules {
			r.text, r.line = strings.TrimSpace(line), n
			out.rules = append(out.rules, r)
		}
	}
	return out
}

// Match reports whether a path is ignored, by itself or with a folder that it is in.
func (g *Rules) Match(p string, dir bool) bool {
	if g == nil {
		return false
	}
	for i := range p {
		if p[i] == '/' && g.one(p[:i], true) {
			return true
		}
	}
	return g.one(p, dir)
}

func (g *Rules) one(p string, dir bool) bool {
	r := g.fits(p, dir)
	return r != nil && !r.negated
}

// fits is the last rule that fits a path, whatever it says of the folders that it is in.
func (g *Rules) fits(p string, dir bool) *rule {
	for i := len(g.rules) - 1; i >= 0; i-- {
		if g.rules[i].fits(p, dir) {
			return &g.rules[i]
		}
	}
	return nil
}

func (r *rule) fits(p string, dir bool) bool {
	if r.dirOnly && !dir {
		return false
	}
	if r.base != "" {
		var in bool
		if p, in = strings.CutPrefix(p, r.base+"/"); !in {
			return false
		}
	}
	return r.re.MatchString(p) || dir && r.re.MatchString(p+"/")
}

func parseRule(base, line string) (rule, bool) {
	r := rule{base: base}
	if line == "" || line[0] == '#' || line == "/" {
		return r, false
	}
	if line[0] == '!' {
		r.negated, line = true, line[1:]
	}
	segs := strings.Split(line, "/")
	r.dirOnly = segs[len(segs)-1] == ""
	segs = normalRule(segs)
	expr, ok := ruleExpr(segs)
	if !ok || r.dirOnly && len(segs) == 1 && segs[0] == "**" {
		return r, false
	}
	re, err := regexp.Compile(expr)
	r.re = re
	return r, err == nil
}

// normalRule brings the parts of a pattern into one form: from the top, with ** for what
// lies anywhere above, and ** at the end for what lies in a folder.
func normalRule(segs []string) []string {
	switch {
	case segs[0] == "":
		segs = segs[1:]
	case (len(segs) == 1 || len(segs) == 2 && segs[1] == "") && segs[0] != "**":
		segs = append([]string{"**"}, segs...)
	}
	if len(segs) > 0 && segs[len(segs)-1] == "" {
		segs[len(segs)-1] = "**"
	}
	return slices.CompactFunc(segs, func(a, b string) bool { return a == "**" && b == "**" })
}

// ruleExpr turns a pattern into a regular expression of paths, folders with a slash at
// the end. DVC takes */ and **/ for rules that match nothing, other than git.
func ruleExpr(segs []string) (string, bool) {
	last := len(segs) - 1
	if last < 0 || slices.Equal(segs, []string{"**", "*", "**"}) {
		return "", false
	}
	if slices.Equal(segs, []string{"**"}) {
		return "^[^/]", true
	}
	var b strings.Builder
	slash := false
	for i, seg := range segs {
		switch {
		case seg == "**" && i == 0:
			b.WriteString("^(?:.+/)?")
			continue
		case seg == "**" && i == last:
			b.WriteString("/")
			continue
		case seg == "**":
			b.WriteString("(?:/.+)?")
			continue
		case i == 0:
			b.WriteString("^")
		case slash:
			b.WriteString("/")
		}
		if seg == "*" {
			b.WriteString("[^/]+")
		} else if !globPart(&b, seg) {
			return "", false
		}
		if slash = true; i == last {
			b.WriteString("(?:/|$)")
		}
	}
	return b.String(), true
}

func globPart(b *strings.Builder, part string) bool {
	for i := 0; i < len(part); i++ {
		switch c := part[i]; c {
		case '*':
			b.WriteString("[^/]*")
		case '?':
			b.WriteString("[^/]")
		case '[':
			n := globClass(b, part[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		case '\\':
			if i+1 == len(part) {
				return false
			}
			i++
			b.WriteString(regexp.QuoteMeta(part[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(part[i : i+1]))
		}
	}
	return true
}

// globClass writes [a-z] and returns how long it was; 0 where it is not closed.
func globClass(b *strings.Builder, s string) int {
	i := 1
	if i < len(s) && (s[i] == '!' || s[i] == '^') {
		i++
	}
	if i < len(s) && s[i] == ']' {
		i++
	}
	end := strings.IndexByte(s[min(i, len(s)):], ']')
	if end < 0 {
		return 0
	}
	end += i
	body := s[1:end]
	b.WriteByte('[')
	if body[0] == '!' || body[0] == '^' {
		b.WriteByte('^')
		body = body[1:]
	}
	b.WriteString(strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "^", `\^`).Replace(body))
	b.WriteByte(']')
	return end + 1
}

// Default is what DVC never looks at.
func Default() *Rules {
	g := (&Rules{}).With("", []byte(".hg/\n.git/\n.git\n.dvc/\n"))
	for i := range g.rules {
		g.rules[i].line = 0
	}
	return g
}
