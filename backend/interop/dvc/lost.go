package dvc

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

const maxLost = 5 // files that a command names

// notLost refuses to take what lies at paths, all of which was looked at, where files of it hold something
// else than before although nothing gave them a new time: a disk that lost a write leaves that.
func (p *Project) notLost(paths ...string) error {
	var lost []string
	for _, file := range slices.Sorted(maps.Keys(p.lost)) {
		if slices.ContainsFunc(paths, func(at string) bool { return file == at || inside(file, at) }) {
			lost = append(lost, file)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	files := "FILE…"
	if len(lost) <= maxLost {
		files = strings.Join(lost, " ")
	}
	return errs.New(errs.Conflict, "%s changed without a new time: a disk that lost a write leaves that", fewOf(lost)).
		WithHint("bring back what was recorded: rondo data checkout --force %s; or, if they are meant to be as they are, give them a new time: touch %s", files, files)
}

// stageNotLost is notLost of all that a stage reads and makes.
func (p *Project) stageNotLost(ctx context.Context, pl *metafile.Pipeline, s metafile.Stage) error {
	if _, err := p.Record(ctx, pl, s); err != nil {
		return err
	}
	reads, writes := p.pathsOf(s)
	return p.notLost(append(reads, writes...)...)
}

// justMade reports whether a path is, or lies in, an out that a stage was run for.
func (p *Project) justMade(at string) bool {
	for ; at != "." && at != "/"; at = path.Dir(at) {
		if p.made[at] {
			return true
		}
	}
	return false
}
