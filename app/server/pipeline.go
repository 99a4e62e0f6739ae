package server

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
	"rondo/backend/project"
	"rondo/backend/registry"
	"rondo/backend/run"
)

func (h *house) openPipeline(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	h.pipeline = pipeline.New(pipeline.Options{
		Ledger: h.ledger, Store: h.store, Dir: h.server.project.Dir, Device: h.server.deviceDir,
		Objects: h.server.project.Path(project.PrivateDir, "objects"), Executable: exe,
		File: h.file.get, Problem: h.problem, Trusted: h.mayBegin, Trust: h.trust.Check, RunDir: h.runs.Dir, Launch: h.launchStage, RunState: h.runState,
		Code: h.code, Export: h.exportCode, SnapshotOf: h.snapshotsOf, LogRun: h.logExecution,
		Reproduced: h.reproduced, Environment: h.environment, Books: dvc.OpenBooks, Sound: h.sound, Experiment: h.experiment,
	})
	return nil
}

// sound refuses where a dataset that lies in one of the paths, or around it, is damaged.
func (h *house) sound(ctx context.Context, paths []string) error {
	return h.datasets.Sound(ctx, func(data string) bool {
		return slices.ContainsFunc(paths, func(p string) bool {
			return p == data || strings.HasPrefix(p, data+"/") || strings.HasPrefix(data, p+"/")
		})
	})
}

// trusted says whether the commands of rondo.yaml, as they are now, may run here.
func (h *house) trusted() error { return h.trust.Check(h.file.get()) }

// problem is why rondo.yaml, as it lies there, cannot be used.
func (h *house) problem() error {
	h.file.again()
	_, err := h.file.current()
	return err
}

// mayBegin says whether what rondo.yaml declares may begin: by the file as it is, and
// not by the one before, which still holds for what runs already.
func (h *house) mayBegin() error {
	if err := h.problem(); err != nil {
		return err
	}
	return h.trusted()
}

// environment is what a result may depend on besides data, code and params.
func (h *house) environment() map[string]string {
	env := map[string]string{"rondo": h.server.opts.Version, "platform": runtime.GOOS + "/" + runtime.GOARCH}
	var gpus []string
	for _, g := range h.host.Facts().GPUs {
		gpus = append(gpus, g.Name+" with driver "+g.Driver)
	}
	if len(gpus) > 0 {
		env["gpu"] = strings.Join(gpus, ", ")
	}
	return env
}

func (h *house) runState(ctx context.Context, id string) (pipeline.RunState, error) {
	r, err := h.runs.Get(ctx, id)
	ended := len(r.Exit) > 0 // a script's own word on its status is not the end of its process
	return pipeline.RunState{
		Ended: ended, OK: r.Status == run.Finished, Killed: r.Status == run.Killed, Reason: r.Reason, EndedAt: r.EndedAt,
	}, err
}

// code keeps the project's code as it is now: the commit, and what is in none.
func (h *house) code(ctx context.Context) (pipeline.Code, error) {
	repo, err := git.Open(h.server.project.Dir)
	if err != nil {
		return pipeline.Code{}, err
	}
	head, err := repo.Head()
	if err != nil {
		return pipeline.Code{}, err
	}
	dirty, err := repo.Status(ctx)
	if err != nil {
		return pipeline.Code{}, err
	}
	tree, err := repo.Capture(ctx, h.store, dirty)
	return pipeline.Code{Commit: head.Commit, Branch: head.Branch, Tree: tree}, err
}

func (h *house) exportCode(ctx context.Context, c pipeline.Code, dst string) error {
	repo, err := git.Open(h.server.project.Dir)
	if err != nil {
		return err
	}
	left, err := repo.Export(ctx, h.store, c.Commit, c.Tree, dst)
	for _, skip := range left {
		h.server.opts.Log.Warn("not brought back", "path", skip.Path, "reason", skip.Reason)
	}
	return err
}

func (h *house) snapshotsOf(ctx context.Context, digest string) (ids []string, err error) {
	list, err := h.datasets.ByContent(ctx, digest)
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids, err
}

// logExecution shows in the run what its stages read and measured. What the stages
// logged themselves stays, so doing it twice changes nothing.
func (h *house) logExecution(ctx context.Context, e pipeline.Execution) error {
	r, err := h.runs.Get(ctx, e.RunID)
	if err != nil {
		return err
	}
	b := run.Batch{Params: map[string]string{}}
	for k, v := range e.Params {
		if _, ok := r.Params[k]; !ok {
			b.Params[k] = v
		}
	}
	for k, v := range e.Metrics {
		if _, ok := r.Metrics[k]; !ok {
			b.Points = append(b.Points, run.Point{Key: k, Value: v, Time: e.EndedAt.UnixMilli()})
		}
	}
	left, err := h.runs.LogAll(ctx, e.RunID, b)
	if left > 0 {
		h.server.opts.Log.Warn("the execution has params or metrics that a run cannot show", "run", e.RunID, "count", left)
	}
	return errors.Join(h.mild(err, e.RunID), h.mild(h.logSnapshots(ctx, r, e.Snapshots), e.RunID))
}

// mild keeps what another try would not change from keeping an execution open for ever,
// such as a run that was deleted meanwhile.
func (h *house) mild(err error, id string) error {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.TooLarge, errs.Conflict, errs.Precondition, errs.NotFound:
		h.server.opts.Log.Warn("the run does not show all of its execution", "run", id, "err", err)
		return nil
	}
	return err
}

func (h *house) logSnapshots(ctx context.Context, r run.Run, ids []string) error {
	known := map[string]bool{}
	for _, in := range r.Inputs {
		known[in.Snapshot] = true
	}
	var inputs []run.Input
	for _, id := range ids {
		if known[id] {
			continue
		}
		s, err := h.datasets.Find(ctx, id)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		inputs = append(inputs, run.Input{
			Dataset: run.Dataset{Name: s.Dataset, Digest: s.Tree.Short()}, SourceType: "rondo", Source: s.Ref(), Snapshot: s.ID,
		})
	}
	if len(inputs) == 0 {
		return nil
	}
	return h.runs.LogInputs(ctx, r.ID, inputs, nil)
}

// reproduced stores the verdict of a repetition with the versions that the repeated run made.
func (h *house) reproduced(ctx context.Context, r pipeline.Reproduction) error {
	versions, err := h.registry.OfRun(ctx, r.RunID)
	if err != nil {
		return err
	}
	for _, v := range versions {
		out := registry.Reproduction{Identical: r.Verdict == pipeline.Identical, RunID: r.ID, At: r.EndedAt, Text: r.Text}
		if out.Identical {
			out.Digest = v.Digest
		}
		if err := h.registry.Reproduced(ctx, v.Model, v.Version, out); err != nil {
			return err
		}
	}
	return nil
}
