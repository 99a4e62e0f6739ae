package dvc

import (
	"context"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

func (p *Project) reachable(s metafile.Stage) error {
	for _, d := range s.Deps {
		if _, local := p.elsewhere(s.Wdir, d); local {
			continue
		}
		if _, here := p.where(s.Wdir, d); here {
			continue
		}
		to, err := p.leads(s.Wdir, d)
		if err != nil && strings.HasPrefix(d, "file:") {
			return err
		}
		if err != nil || to == "" {
			return errs.New(errs.Precondition, "the dep %s is outside of the project, and Rondo could not record what it was", d).
				WithHint("run it with dvc: dvc repro %s", s.Name)
		}
	}
	deps, outs := p.outsides(s)
	for _, at := range slices.Concat(deps, outs) {
		if !p.allows(at) {
			return untrusted(s.Name, at)
		}
	}
	for _, o := range s.Outs {
		if _, err := p.place(s, o.Path); err != nil {
			return err
		}
	}
	return p.cachedOutside(s)
}

func (p *Project) cachedOutside(s metafile.Stage) error {
	for _, o := range s.Outs {
		if _, here := p.where(s.Wdir, o.Path); !here && !o.NoCache {
			return errs.New(errs.Precondition, "stage %s: the out %s is outside of the project, where DVC 3 keeps nothing in its cache", s.Name, o.Path).
				WithHint("give it `cache: false` in dvc.yaml, or a place in the project")
		}
	}
	return nil
}

func (u *update) beyond() (list []string) {
	for _, o := range u.s.Outs {
		if at, local := u.p.elsewhere(u.s.Wdir, o.Path); local && !o.Persist {
			list = append(list, at)
		}
	}
	return list
}

func (u *update) written(ctx context.Context, before map[string]string) error {
	for at, now := range u.p.traces(ctx, u.beyond()) {
		if _, err := u.p.stat(at); err == nil && now == before[at] {
			return errs.New(errs.Precondition, "its commands ended well, and left %s as it was", at).
				WithHint("Rondo removes nothing outside of the project before a run, as dvc would: let the command write it anew, or remove it")
		}
	}
	return nil
}
