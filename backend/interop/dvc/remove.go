package dvc

import (
	"context"
	"path"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// Remove ends the tracking of a .dvc file, as `dvc remove` does: the file goes, and the line
// in .gitignore. What it tracked stays, as a file of its own, unless outs says otherwise.
func (p *Project) Remove(ctx context.Context, name string, outs bool) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	i := slices.IndexFunc(p.Singles, func(f SingleFile) bool { return f.Path == path.Clean(name) })
	if i < 0 {
		hint := "name a .dvc file; a stage is taken out of its dvc.yaml by hand"
		if _, err := p.root.Stat(name + metafile.Suffix); err == nil {
			hint = "name the file that tracks it: " + name + metafile.Suffix
		}
		return errs.New(errs.NotFound, "%s is no .dvc file", name).WithHint("%s", hint)
	}
	f := p.Singles[i]
	var all []string
	for _, o := range f.Outs {
		if at, here := p.where(path.Join(path.Dir(f.Path), f.Wdir), o.Entry.Path); here {
			all = append(all, at)
		}
	}
	release, err := p.locks().Claim(ctx, nil, all)
	if err != nil {
		return err
	}
	defer release()
	if err := p.noteLinks(); err != nil { // what dvc has brought, too, goes with the next checkout, as dvc has it
		return err
	}
	for _, at := range all {
		if outs {
			err = p.root.RemoveAll(at)
		} else {
			err = p.unprotect(at)
		}
		if err != nil {
			return cannotWrite(at, err)
		}
		if err := p.gitUnignore(at); err != nil {
			return err
		}
	}
	if kind := p.Cache.Types[0]; kind == "hardlink" || kind == "symlink" {
		if err := p.dropLinks(all); err != nil {
			return err
		}
	}
	if err := p.root.Remove(f.Path); err != nil {
		return cannotWrite(f.Path, err)
	}
	return p.Reload()
}
