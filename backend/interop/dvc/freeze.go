package dvc

import (
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Freeze lets stages and imports be as they are, or no longer, as `dvc freeze` and `unfreeze` do:
// by a line in the dvc.yaml or .dvc file. Targets are all looked at before one is changed.
func (p *Project) Freeze(frozen bool, targets ...string) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	texts := map[string][]byte{}
	for _, target := range targets {
		if err := p.freeze(texts, frozen, target); err != nil {
			return err
		}
	}
	for name, text := range texts {
		if err := p.write(name, text); err != nil {
			return err
		}
	}
	return p.Reload()
}

// freeze edits the text that a target is declared in.
func (p *Project) freeze(texts map[string][]byte, frozen bool, target string) error {
	if i := slices.IndexFunc(p.Singles, func(f SingleFile) bool { return f.Path == path.Clean(target) }); i >= 0 {
		f := p.Singles[i]
		old, err := p.Read(f.Path)
		if err != nil || f.Frozen == frozen {
			return err
		}
		f.Frozen = frozen
		texts[f.Path], err = doc.Rewrite(f.Path, old, f.Single.Text())
		return err
	}
	pl, s, err := p.stageNamed(target)
	if err != nil || s.Frozen == frozen {
		return err
	}
	old, ok := texts[pl.File]
	if !ok {
		if old, err = p.Read(pl.File); err != nil {
			return err
		}
	}
	texts[pl.File], err = frozenText(pl.File, s.Name, old, frozen)
	return err
}

// stageNamed is the stage that a target names; one that a template makes has no text of its own.
func (p *Project) stageNamed(target string) (*metafile.Pipeline, metafile.Stage, error) {
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			if target != Address(pl.File, s.Name) && target != pl.File+":"+s.Name {
				continue
			}
			if s.Group != "" || s.Templated {
				return nil, s, errs.New(errs.Precondition, "stage %s is made of a template", target).WithHint("write `frozen: true` into %s by hand, or take it out there", pl.File)
			}
			return pl, s, nil
		}
	}
	return nil, metafile.Stage{}, errs.New(errs.NotFound, "there is no stage or .dvc file %s", target).WithHint("`rondo stage list` and `rondo data list` show those that there are")
}

// frozenText is a dvc.yaml in which a stage is frozen, or is no longer: by one line, and the rest
// stays letter by letter, where dvc writes all of it anew.
func frozenText(file, name string, old []byte, frozen bool) ([]byte, error) {
	v, err := doc.ParseSums(file, old)
	if err != nil {
		return nil, err
	}
	is, _ := doc.Walk(v, []string{"stages", name})
	stage, _ := is.(*doc.Map)
	if stage.Len() == 0 {
		return nil, errs.New(errs.NotFound, "%s has no stage %s", file, name)
	}
	lines, at := strings.SplitAfter(string(old), "\n"), stage.At("frozen")
	switch {
	case frozen:
		at = stage.At(stage.Keys[0])
		lines = slices.Insert(lines, at.Line-1, lines[at.Line-1][:at.Col-1]+"frozen: true\n")
	case at.Line > 0:
		lines = slices.Delete(lines, at.Line-1, at.Line)
	}
	text := []byte(strings.Join(lines, ""))
	stage.Drop("frozen")
	if frozen {
		stage.Set("frozen", true)
	}
	if now, err := doc.ParseSums(file, text); err != nil || !doc.Equal(now, v) {
		return nil, errs.New(errs.Precondition, "%s is written in a way that is not changed from here", file).
			WithHint("write `frozen: true` below the stage %s by hand, or take it out there", name)
	}
	return text, nil
}
