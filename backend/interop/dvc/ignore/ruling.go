package ignore

import "slices"

// Ruling is the rule that decides about a path.
type Ruling struct {
	Base    string // folder of the file that it stands in; "" for the top
	Line    int    // in that file; 0 of what DVC never looks at
	Text    string
	Ignored bool // false of one with ! that takes another back
}

// Ruling finds the rule that decides about a path: of a folder that it is in, where that is ignored.
func (g *Rules) Ruling(p string, dir bool) (Ruling, bool) {
	r := g.deciding(p, dir)
	if r == nil {
		return Ruling{}, false
	}
	return Ruling{Base: r.base, Line: r.line, Text: r.text, Ignored: !r.negated}, true
}

func (g *Rules) deciding(p string, dir bool) *rule {
	for i := range p {
		if p[i] != '/' {
			continue
		}
		if r := g.first(p[:i], true); r != nil && !r.negated {
			return r
		}
	}
	return g.first(p, dir)
}

// first is the rule that decides about a path alone. Of neighbours that say the same, dvc names the
// first one that fits, where git would name the last.
func (g *Rules) first(p string, dir bool) *rule {
	found := g.fits(p, dir)
	if found == nil || found.negated {
		return found
	}
	for i := slices.IndexFunc(g.rules, func(r rule) bool { return r.re == found.re }) - 1; i >= 0; i-- {
		r := &g.rules[i]
		if r.negated || r.dirOnly != found.dirOnly {
			break
		}
		if r.fits(p, dir) {
			found = r
		}
	}
	return found
}
