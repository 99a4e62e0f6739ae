package dvc

import (
	"fmt"
	"path"
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
	r, ok := p.ignore.Ruling(at, err == nil && info.IsDir())
	out.Matched, out.Ignored = ok, ok && r.Ignored
	if r.Line > 0 {
		out.Rule = fmt.Sprintf("%s:%d:%s", path.Join(r.Base, IgnoreFile), r.Line, r.Text)
	}
	return out
}
