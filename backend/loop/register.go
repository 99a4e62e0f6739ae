package loop

import (
	"context"
	"encoding/hex"
	"fmt"
	"path"

	"rondo/backend/errs"
	"rondo/backend/ledger"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/store"
)

// register makes the pipeline's out a version. The key makes a second call return
// the first one's version.
func (s *Service) register(ctx context.Context, d Decision, m project.Model) (Step, error) {
	e, err := s.opts.Trainer.Execution(ctx, d.ExecutionID)
	if err != nil {
		return Step{}, err
	}
	in := registry.CreateVersion{
		Model: d.Model, Source: m.Path, RunID: e.RunID, ExecutionID: e.ID, SnapshotIDs: e.Snapshots, Commit: e.Commit,
		Metrics: e.Metrics, Params: e.Params, Label: m.Label, Segment: m.Segment, Task: m.Task,
		Baseline: digestOf(e, m.Baseline), Holdout: digestOf(e, m.Holdout), Key: "execution " + e.ID,
	}
	if in.Digest, err = s.content(ctx, e, m); err != nil {
		return Step{}, err
	}
	v, err := s.opts.Registry.CreateVersion(ctx, in)
	if err != nil {
		return Step{}, err
	}
	return Step{Version: v.Version, Text: fmt.Sprintf("version %d, digest %s", v.Version, v.Digest.Short())}, nil
}

func digestOf(e Execution, file string) ref.Digest {
	if out := e.Outs[file]; !out.Tree {
		return out.Digest
	}
	return ref.Zero
}

// content returns the tree of a model's out; a single file becomes a tree of its own.
func (s *Service) content(ctx context.Context, e Execution, m project.Model) (ref.Digest, error) {
	out, ok := e.Outs[path.Clean(m.Path)]
	if !ok {
		return ref.Zero, errs.New(errs.Precondition, "no stage has the out %s, which rondo.yaml calls a model", m.Path).
			WithHint("name one of the pipeline's outs as path: of the model")
	}
	if out.Tree {
		return out.Digest, nil
	}
	return s.opts.Store.PutTreeList(ctx, store.Tree{Files: []store.TreeFile{{Path: path.Base(m.Path), Digest: out.Digest, Size: out.Size}}})
}

// adopt opens a promotion for every execution that ended well, that no decision
// asked for, and whose model is new. It also finds those that ended while no server ran.
func (s *Service) adopt(ctx context.Context) error {
	ids, err := s.opts.Trainer.Ended(ctx, 20)
	if err != nil {
		return err
	}
	for i := len(ids) - 1; i >= 0; i-- {
		for name, m := range s.opts.File().Models {
			if err := s.adoptOne(ctx, ids[i], name, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) adoptOne(ctx context.Context, execution, name string, m project.Model) error {
	known, err := s.list(ctx, "SELECT data FROM loop_decisions WHERE execution=? AND model=?", execution, name)
	if err != nil || len(known) > 0 || s.retrains(ctx, execution) {
		return err
	}
	e, err := s.opts.Trainer.Execution(ctx, execution)
	if err != nil || !e.OK {
		return err
	}
	if _, made := e.Outs[path.Clean(m.Path)]; !made {
		return nil
	}
	digest, err := s.content(ctx, e, m)
	if err != nil {
		return err
	}
	if old, err := s.registered(ctx, name, digest); err != nil || old {
		return err
	}
	_, err = s.open(ledger.WithActor(ctx, "pipeline"), Decision{
		ID: promotionID(execution, name), Kind: Promotion, Model: name, Dataset: m.Dataset, On: "execution", Policy: Automatic,
		State: Running, ExecutionID: execution, Cause: Cause{Text: "an execution of the pipeline made a new model"},
	})
	if errs.Is(err, errs.Conflict) { // another decision is open; the next turn tries again
		return nil
	}
	return err
}

func promotionID(execution, model string) string {
	sum := ref.Of([]byte("promotion of " + model + " from " + execution))
	return hex.EncodeToString(sum[:16])
}

// retrains reports whether a decision has begun this execution and has yet to record it.
func (s *Service) retrains(ctx context.Context, execution string) bool {
	list, err := s.running(ctx)
	for _, d := range list {
		if executionID(d.ID) == execution {
			return true
		}
	}
	return err != nil
}

func (s *Service) registered(ctx context.Context, name string, d ref.Digest) (bool, error) {
	list, err := s.opts.Registry.Versions(ctx, name)
	for _, v := range list {
		if v.Digest == d {
			return true, err
		}
	}
	return false, err
}
