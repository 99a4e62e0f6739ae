package dvc

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// What stages name outside of the project is read only where a person has trusted that they
// do; nothing there is ever written or removed but by their commands.

// Allow names what outside of the project may be read, with all below it.
func (p *Project) Allow(paths ...string) { p.allowed = append(p.allowed, paths...) }

func (p *Project) allows(at string) bool {
	return slices.ContainsFunc(p.allowed, func(ok string) bool { return at == ok || inside(at, ok) })
}

// elsewhere is where a path of a stage leads outside of the project, absolute; false where it is
// in the project or is no path of this machine.
func (p *Project) elsewhere(wdir, at string) (string, bool) {
	if _, here := p.where(wdir, at); here {
		return "", false
	}
	if u, err := url.Parse(at); err == nil && len(u.Scheme) > 1 {
		base := p.Config[`remote "`+u.Host+`"`]["url"]
		if u.Scheme != "remote" || !filepath.IsAbs(base) {
			return "", false
		}
		return filepath.ToSlash(filepath.Join(base, filepath.FromSlash(u.Path))), true
	}
	if !filepath.IsAbs(at) {
		at = filepath.Join(p.Dir, filepath.FromSlash(wdir), filepath.FromSlash(at))
	}
	return filepath.ToSlash(filepath.Clean(at)), true
}

func (p *Project) place(s metafile.Stage, at string) (string, error) {
	if in, here := p.where(s.Wdir, at); here {
		return in, nil
	}
	out, local := p.elsewhere(s.Wdir, at)
	if !local {
		return "", errs.New(errs.Precondition, "stage %s: %s is outside of the project, and only DVC can record that", s.Name, at).WithHint("run `dvc commit %s`", s.Name)
	}
	if !p.allows(out) {
		return "", untrusted(s.Name, at)
	}
	return out, nil
}

func untrusted(stage, at string) error {
	return errs.New(errs.Denied, "stage %s: %s is outside of the project, and Rondo could not record what it is", stage, at).
		WithHint("look at what the stages run and read with `rondo trust`, and agree; or run it with dvc")
}

// shown is a path of a stage as dvc's status says it.
func (p *Project) shown(wdir, at string) string {
	if in, here := p.where(wdir, at); here {
		return in
	}
	if out, local := p.elsewhere(wdir, at); local && !filepath.IsAbs(at) && !strings.HasPrefix(at, "remote://") {
		return out
	}
	return at
}

// relative writes absolute paths into the project as paths from the stage's folder, as dvc does.
func (p *Project) relative(s *metafile.Stage) {
	rel := func(at string) string {
		in, here := p.where(s.Wdir, at)
		if !here || !filepath.IsAbs(at) {
			return at
		}
		r, err := filepath.Rel(filepath.FromSlash(s.Wdir), filepath.FromSlash(in))
		if err != nil {
			return at
		}
		return filepath.ToSlash(r)
	}
	for i := range s.Deps {
		s.Deps[i] = rel(s.Deps[i])
	}
	for i := range s.Params {
		s.Params[i].File = rel(s.Params[i].File)
	}
	for i := range s.Outs {
		s.Outs[i].Path = rel(s.Outs[i].Path)
	}
}

func (p *Project) outsides(s metafile.Stage) (deps, outs []string) {
	add := func(list *[]string, at string) {
		if out, ok := p.elsewhere(s.Wdir, at); ok && !slices.Contains(*list, out) {
			*list = append(*list, out)
		}
	}
	for _, d := range s.Deps {
		add(&deps, d)
		if to, err := p.leads(s.Wdir, d); err == nil && to != "" && !slices.Contains(deps, to) {
			deps = append(deps, to)
		}
	}
	for _, d := range s.Params {
		add(&deps, d.File)
	}
	for _, o := range s.Outs {
		add(&outs, o.Path)
	}
	return deps, outs
}

// Outside lists what the stages name outside of the project: what a person has to trust first.
func (p *Project) Outside() (list []string) {
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			deps, outs := p.outsides(s)
			list = append(append(list, deps...), outs...)
		}
	}
	return list
}
