package dvc

import (
	"path"

	"rondo/backend/errs"
)

// clash says that a path belongs to two, or that one of them lies in another: `dvc repro` runs
// nothing then.
func (p *Project) clash() error {
	all, of := p.outs(), map[string]tracked{}
	for _, o := range all {
		if other, ok := of[o.at]; ok {
			return clashing(errs.New(errs.Conflict, "%s belongs to %s and to %s", o.at, other.stage, o.stage))
		}
		of[o.at] = o
	}
	for _, o := range all {
		if other, ok := holder(of, o.at); ok {
			return clashing(errs.New(errs.Conflict, "%s of %s lies in %s of %s", o.at, o.stage, other.at, other.stage))
		}
	}
	return nil
}

func clashing(err *errs.Error) error {
	return err.WithHint("no stage runs before each path has one owner: rondo data remove FILE.dvc, or edit dvc.yaml")
}

// holder is the tracked folder that a path lies in.
func holder(of map[string]tracked, at string) (tracked, bool) {
	for dir := path.Dir(at); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if o, ok := of[dir]; ok {
			return o, true
		}
	}
	return tracked{}, false
}
