package pipeline

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/project"
)

// Adopt writes into rondo.lock what stages consumed and produced that something else has
// run, and that are as it left them: what lies there now is what they are recorded with.
// A stage that the lock knows already stays as it is; one of which something is missing
// is left out. It returns the names of those that it wrote.
func Adopt(ctx context.Context, dir string, f *project.File, names []string) (adopted []string, err error) {
	g, err := BuildFile(f)
	if err != nil {
		return nil, err
	}
	lock, err := ReadLock(dir)
	if err != nil {
		return nil, err
	}
	e := newEyes(dir, "", time.Now)
	for _, n := range g {
		if _, known := lock.Stages[n.Name]; known || !slices.Contains(names, n.Name) {
			continue
		}
		s, err := e.examine(ctx, n, lock, nil)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || len(s.missing) > 0 || len(s.outs) != len(n.Outs) {
			continue // it has to run, and then tells of itself
		}
		lock.Stages[n.Name] = LockStage{Cmd: n.Cmd, Wdir: n.Wdir, Deps: toLock(s.deps), Params: s.params, Outs: toLock(s.outs)}
		adopted = append(adopted, n.Name)
	}
	if len(adopted) == 0 {
		return nil, nil
	}
	return adopted, errs.Unwritten(project.LockName, atomicfile.Replace(filepath.Join(dir, project.TemporaryDir), lockPath(dir), lock.Text(), 0o644))
}
