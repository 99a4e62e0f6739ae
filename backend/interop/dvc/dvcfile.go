package dvc

import (
	"path"
	"slices"

	"rondo/backend/interop/dvc/metafile"
)

// Before DVC 1.0 stages were .dvc files with a command, and a file called Dvcfile was one, too. DVC 2
// reads it still, for data as for a stage, and DVC 3 passes over it. So it counts where nothing tells of
// DVC 3: what a Dvcfile of long ago names may be the out of a stage by now.

// OldStages are the files that were stages before DVC 1.0.
func (p *Project) OldStages() (list []string) {
	for _, s := range p.Singles {
		if s.Cmd != "" {
			list = append(list, s.Path)
		}
	}
	return list
}

// knownTo3 reports whether DVC 3 works here, or has named something of the project. What works here
// says nothing of a commit.
func (p *Project) knownTo3() bool {
	if _, line := p.memory(); line == 3 && !p.atCommit {
		return true
	}
	return slices.ContainsFunc(p.outs(), func(o tracked) bool { return o.entry.MD5 != "" && o.entry.Hash == metafile.MD5 })
}

func (p *Project) hasDvcfile() bool {
	return slices.ContainsFunc(p.Singles, func(f SingleFile) bool { return path.Base(f.Path) == metafile.OldSingle })
}
