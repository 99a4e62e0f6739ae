package dvc

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// lackingFile has the folders of which a checkout could bring a part only, by path. Until the
// rest is there they are not taken for data that somebody wanted to be like that.
var lackingFile = path.Join(ownTmp, "lacking.json")

// lacking is one such folder: what it was to be, and the files of it that no cache had.
type lacking struct {
	Sum   string           `json:"sum"`
	Files map[string]int64 `json:"files"` // by their path in the project, when what lies there instead was written (ns); 0: nothing does
}

// lackingOf notes what a checkout is going to leave out.
func (p *Project) lackingOf(w *wanted) lacking {
	l := lacking{w.entry.Sum(), map[string]int64{}}
	for _, at := range slices.Concat(w.lost, w.bad) {
		l.Files[at] = p.written(at)
	}
	return l
}

// written is when a file was written last, in ns; 0 of one that is not there.
func (p *Project) written(at string) int64 {
	info, err := p.root.Lstat(at)
	if err != nil {
		return 0
	}
	return info.ModTime().UnixNano()
}

// lackings reads the note; a damaged one knows nothing.
func (p *Project) lackings() map[string]lacking {
	all := map[string]lacking{}
	b, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(lackingFile)))
	if err != nil || len(b) > doc.MaxSize || json.Unmarshal(b, &all) != nil {
		return map[string]lacking{}
	}
	return all
}

// noteLacking writes what is known of one folder now: nothing of one that is whole.
func (p *Project) noteLacking(at string, now lacking) error {
	all := p.lackings()
	_, was := all[at]
	if len(now.Files) == 0 && !was {
		return nil
	}
	if all[at] = now; len(now.Files) == 0 {
		delete(all, at)
	}
	return p.writeNote(lackingFile, all)
}

// whole refuses paths in which a file is still not what a checkout could not bring.
func (p *Project) whole(paths ...string) error {
	all := p.lackings()
	for _, top := range slices.Sorted(maps.Keys(all)) {
		if !slices.ContainsFunc(paths, func(at string) bool { return at == top || inside(at, top) || inside(top, at) }) {
			continue
		}
		if gone := p.stillLacking(top, all[top]); len(gone) > 0 {
			return errs.New(errs.Precondition, "%s was brought in part only, and still lacks %s", top, fewOf(gone)).
				WithHint("bring the rest (rondo data pull), or, if it shall be as it lies there from now on: rondo data add or commit %s", top)
		}
	}
	return nil
}

// stillLacking are the files that are not there yet, if the folder is to be what it was to be then.
func (p *Project) stillLacking(at string, then lacking) (gone []string) {
	meant := slices.ContainsFunc(p.outs(), func(o tracked) bool { return o.at == at && p.entryOf(o).Sum() == then.Sum })
	for file, was := range then.Files {
		if meant && p.written(file) == was {
			gone = append(gone, file)
		}
	}
	slices.Sort(gone)
	return gone
}

// accept takes what is recorded by name for what somebody wanted to be like that, and refuses it
// where all is recorded.
func (p *Project) accept(chosen map[string]bool, byName bool) error {
	if len(p.lackings()) == 0 {
		return nil
	}
	for _, o := range p.outs() {
		if !byName {
			if err := p.whole(o.at); err != nil {
				return err
			}
		} else if chosen[o.stage] {
			if err := p.noteLacking(o.at, lacking{}); err != nil {
				return err
			}
		}
	}
	return nil
}
