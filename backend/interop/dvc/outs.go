package dvc

import (
	"path"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// tracked is one path that DVC tracks: an out of a stage or of a .dvc file.
type tracked struct {
	at    string         // in the project
	entry metafile.Entry // what the lock or the .dvc file says of it
	out   metafile.Out
	file  string   // the .dvc file or the dvc.yaml
	stage string   // address of the stage; that of a .dvc file is its path
	parts []string // what is asked for of a folder; none: all of it
}

// outs are all paths that are tracked in the project itself, in DVC's order.
func (p *Project) outs() (list []tracked) {
	for _, pl := range p.Pipelines {
		lock := p.Locks[pl.File]
		for _, s := range pl.Stages {
			list = append(list, p.outsOf(pl, s, lock.Stage(s.Name))...)
		}
	}
	for _, f := range p.Singles {
		for _, o := range f.Outs {
			if at, here := p.where(path.Join(path.Dir(f.Path), f.Wdir), o.Entry.Path); here {
				list = append(list, tracked{at, o.Entry.Named(), o.Out, f.Path, f.Path, nil})
			}
		}
	}
	return list
}

// outsOf is what one stage tracks, as its entry in the lock has it; nil where there is none.
func (p *Project) outsOf(pl *metafile.Pipeline, s metafile.Stage, lock *metafile.LockStage) (list []tracked) {
	for _, o := range s.Outs {
		if at, here := p.where(s.Wdir, o.Path); here {
			list = append(list, tracked{at, lockEntry(lock, true, o.Path).Named(), o, pl.File, Address(pl.File, s.Name), nil})
		}
	}
	return list
}

// choose returns the outs that targets name: a path, one in a tracked folder, a .dvc file, a
// stage, or a dvc.yaml. With no targets it is all of them.
func (p *Project) choose(targets []string) ([]tracked, error) {
	all := p.outs()
	if len(targets) == 0 {
		return all, nil
	}
	whole := map[int]bool{}
	for _, target := range targets {
		found := false
		at := path.Clean(strings.TrimSuffix(target, "/"))
		for i, o := range all {
			switch {
			case o.at == at, o.file == at, o.stage == target:
				whole[i] = true
			case o.mayHold(at):
				all[i].parts = append(o.parts, strings.TrimPrefix(at, o.at+"/"))
			default:
				continue
			}
			found = true
		}
		if !found {
			return nil, notTracked(target)
		}
	}
	var list []tracked
	for i, o := range all {
		if whole[i] {
			o.parts = nil
		} else if o.parts == nil {
			continue
		}
		list = append(list, o)
	}
	return list, nil
}

func notTracked(target string) error {
	return errs.New(errs.NotFound, "DVC tracks no %s: it is no out, no .dvc file and no stage", target).
		WithHint("`rondo data status` lists what is tracked")
}

// inside reports whether a path lies below a folder.
func inside(at, dir string) bool { return strings.HasPrefix(at, dir+"/") }

// Tracked is one path that DVC tracks.
type Tracked struct {
	Path string `json:"path"`
	By   string `json:"by"`            // the .dvc file or the stage
	MD5  string `json:"md5,omitempty"` // as recorded; empty where a stage has not run
	Size int64  `json:"size"`          // bytes
}

// Tracked lists what is tracked in the project, in DVC's order.
func (p *Project) Tracked() []Tracked {
	out := []Tracked{}
	for _, o := range p.outs() {
		t := Tracked{Path: o.at, By: o.stage, MD5: o.entry.Sum()}
		if o.entry.Size != nil {
			t.Size = *o.entry.Size
		}
		out = append(out, t)
	}
	return out
}

// HasStage reports whether a stage has an address, such as sub/dvc.yaml:train.
func (p *Project) HasStage(address string) bool {
	_, _, err := p.find(address)
	return err == nil
}
