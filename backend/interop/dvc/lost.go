package dvc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

const maxLost = 5 // files that are named

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
	names := lost[:min(maxLost, len(lost))]
	text, files := strings.Join(names, ", "), strings.Join(names, " ")
	if more := len(lost) - len(names); more > 0 {
		text, files = fmt.Sprintf("%s and %d more", text, more), "FILE…"
	}
	return errs.New(errs.Conflict, "%s changed without a new time: a disk that lost a write leaves that", text).
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
