package dvc

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// cachesRuns reports whether DVC notes the runs of a stage: it has a command, deps and outs
// in the project, and nothing that outlives a run.
func (p *Project) cachesRuns(s metafile.Stage) bool {
	if s.AlwaysChanged || s.Cmd == nil || len(s.Deps)+len(s.Params) == 0 || len(s.Outs) == 0 {
		return false
	}
	for _, d := range s.Deps {
		if _, err := p.place(s, d); err != nil {
			return false
		}
	}
	return !slices.ContainsFunc(s.Outs, func(o metafile.Out) bool {
		_, here := p.where(s.Wdir, o.Path)
		return !here || o.Persist
	})
}

// datedRun refuses dates among the params of a stage whose runs are noted: DVC has no word for
// them there, and fails.
func (p *Project) datedRun(s metafile.Stage) error {
	if !p.cachesRuns(s) {
		return nil
	}
	params, err := p.recordParams(s)
	if err != nil {
		return nil // whoever records them says why
	}
	for i := 0; i < params.Len(); i++ {
		if err := metafile.Undated(params.Keys[i], params.Value(params.Keys[i]), doc.Pos{}, ""); err != nil {
			return errs.New(errs.Precondition, "stage %s: %w", s.Name, err).WithHint("put it in quotes")
		}
	}
	return nil
}

// saveRun notes a run. What the stage makes without the cache comes into the cache here, and
// stays a file of its own, as git keeps it, where a run was restored by links.
func (p *Project) saveRun(ctx context.Context, s metafile.Stage, r metafile.LockStage) error {
	if !p.cachesRuns(s) {
		return nil
	}
	for i, o := range s.Outs {
		if in, _ := p.where(s.Wdir, o.Path); o.NoCache {
			if err := p.keep(ctx, in, r.Outs[i].Hash); err != nil {
				return err
			}
			if err := p.unprotect(in); err != nil {
				return err
			}
		}
	}
	at := filepath.Join(p.Cache.RunDir(r.RunKey()), metafile.EntryHash(r.Value()))
	if _, err := os.Stat(at); err == nil {
		return nil
	}
	if err := p.Cache.NoteRun(at, doc.Emit(r.Value())); err != nil {
		return errs.New(errs.Unavailable, "DVC's run cache cannot be written: %w", err).WithHint("see whether the disk is full and whether you may write to %s", p.Cache.Dir)
	}
	return nil
}
