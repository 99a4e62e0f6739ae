package dvc

import (
	"fmt"
	"path"
	"slices"
)

// IgnoredBy is a rule of a .dvcignore, and what it says of a path.
type IgnoredBy struct {
	Path    string `json:"path"`
	Ignored bool   `json:"ignored"`
	Rule    string `json:"rule,omitempty"` // FILE:LINE:RULE; empty where none fits, or where it is DVC's own
	Matched bool   `json:"matched"`        // a rule fits, also one with ! that takes another back
}

// CheckIgnore says of a path whether DVC ignores it, by which rule, as `dvc check-ignore` does. The
// path need not be there; then it is one of a file.
func (p *Project) CheckIgnore(at string) IgnoredBy {
	at = path.Clean(at)
	info, err := p.root.Stat(at)
	out := IgnoredBy{Path: at}
	rule := p.ignore.rule(at, err == nil && info.IsDir())
	if rule == nil {
		return out
	}
	out.Matched, out.Ignored = true, !rule.negated
	if rule.line > 0 {
		out.Rule = fmt.Sprintf("%s:%d:%s", path.Join(rule.base, IgnoreFile), rule.line, rule.text)
	}
	return out
}

// rule is the one that decides about a path: of a folder that it is in, where that is ignored.
func (g *Ignore) rule(p string, dir bool) *ignoreRule {
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
func (g *Ignore) first(p string, dir bool) *ignoreRule {
	found := g.fits(p, dir)
	if found == nil || found.negated {
		return found
	}
	for i := slices.IndexFunc(g.rules, func(r ignoreRule) bool { return r.re == found.re }) - 1; i >= 0; i-- {
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
