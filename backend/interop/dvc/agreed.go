package dvc

import (
	"maps"
	"path"
	"path/filepath"

	"rondo/backend/errs"
)

// heldText is what a file said, or why it could not be read.
type heldText struct {
	text []byte
	err  error
}

// SupposeAgreed is Suppose of a project whose stages a person agrees to have run, as agreed says of
// the project as it stands. Both are of the same texts, so that what is written into the
// folder in between is not agreed to along with them.
func (p *Project) SupposeAgreed(set []string, agreed func() error) error {
	p.held = map[string]heldText{}
	defer func() { p.held = nil }()
	if err := p.Reload(); err != nil {
		return err
	}
	if len(p.Problems) > 0 {
		return p.Problems[0]
	}
	if err := agreed(); err != nil {
		return err
	}
	known := maps.Clone(p.held)
	if err := p.Suppose(set); err != nil {
		return err
	}
	for _, name := range p.inputs {
		at := path.Clean(filepath.ToSlash(name))
		_, was := known[at]
		_, meant := p.supposed[at]
		if now, read := p.held[at]; read && now.err == nil && !was && !meant {
			return errs.New(errs.Conflict, "%s came while the stages were looked at", at).WithHint("look at them again: rondo trust")
		}
	}
	return nil
}
