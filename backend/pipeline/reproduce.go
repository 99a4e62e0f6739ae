package pipeline

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/project"
	"rondo/backend/ref"
)

// Verdicts of a Reproduction.
const (
	Identical = "identical" // every out, bit by bit
	Different = "different"
	NotRun    = "impossible" // the stages did not run through
)

// Kinds of Check.
const (
	CheckStage       = "stage"
	CheckParam       = "param"
	CheckDep         = "dep"
	CheckOut         = "out"
	CheckModel       = "model" // an out that rondo.yaml declares as a model
	CheckFile        = "file"  // of a folder that came out different
	CheckEnvironment = "environment"
)

// Check is one thing that was compared.
type Check struct {
	Kind     string `json:"kind"`
	What     string `json:"what"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	Same     bool   `json:"same"`
}

// Repeat asks for a Reproduction.
type Repeat struct {
	RunID string `json:"run_id"`
	Keep  bool   `json:"keep,omitempty"` // leave the folder that it happened in

	Env map[string]string `json:"env,omitempty"` // for the stages, over the server's own; never recorded
}

func (s *Service) repeats() string { return filepath.Join(s.opts.Device, "reproductions") }

func (s *Service) repeatDir(id string) string { return filepath.Join(s.repeats(), id) }

// Reproduce is Repeat without keeping the folder.
func (s *Service) Reproduce(ctx context.Context, runID string) (Reproduction, error) {
	return s.Repeat(ctx, Repeat{RunID: runID})
}

// Repeat begins to repeat an execution: its code, data and params in a fresh folder,
// every stage forced.
func (s *Service) Repeat(ctx context.Context, in Repeat) (Reproduction, error) {
	e, err := s.stored(ctx, in.RunID)
	if err != nil {
		return Reproduction{}, errs.Wrap(errs.KindOf(err), err, "only executions of the pipeline can be repeated")
	}
	if e.State != Finished {
		return Reproduction{}, errs.New(errs.Precondition, "execution %s has not run through: it is %s", in.RunID, e.State).
			WithHint("repeat one that finished; `rondo runs list` shows them")
	}
	if len(e.Spec.Stages) == 0 {
		return Reproduction{}, errs.New(errs.Precondition, "the record of execution %s does not hold its stages", in.RunID).WithHint("run the pipeline again; what runs from now on can be repeated")
	}
	if err := s.mayRun(e.Spec); err != nil {
		return Reproduction{}, err
	}
	r := Reproduction{ID: ref.NewID(), RunID: in.RunID, Verdict: Running, Keep: in.Keep}
	r.Folder = s.repeatDir(r.ID)
	s.preparing.Store(r.ID, true)
	defer s.preparing.Delete(r.ID)
	if err := s.prepare(ctx, r, e); err != nil {
		return r, errors.Join(err, os.RemoveAll(r.Folder))
	}
	if err := s.launchRepeat(ctx, r, e.Name, in.Env); err != nil {
		return r, err
	}
	return s.Reproduction(ctx, r.ID)
}

func (s *Service) launchRepeat(ctx context.Context, r Reproduction, name string, env map[string]string) error {
	s.launching.Lock()
	defer s.launching.Unlock()
	if _, err := s.opts.Ledger.Do(ctx, "reproduction.start", r.ID, func(*index.Tx) (any, error) { return r, nil }); err != nil {
		return errors.Join(err, os.RemoveAll(r.Folder))
	}
	err := s.opts.Launch(ctx, Launch{
		ID: r.ID, Name: "repeat of " + name, Kind: KindReproduction, Dir: r.Folder, Env: env,
		Command: []string{s.opts.Executable, "pipeline-run", s.opts.RunDir(r.ID)}, Tags: map[string]string{"rondo.repeats": r.RunID},
	})
	if err == nil {
		return nil
	}
	return firstOf(err, s.neverLaunched(context.WithoutCancel(ctx), r, err.Error()))
}

func (s *Service) neverLaunched(ctx context.Context, r Reproduction, why string) error {
	r.Verdict, r.Text, r.EndedAt, r.Checks, r.Folder = NotRun, "it could not be launched: "+why, s.opts.Now().UTC(), []Check{}, ""
	_, err := s.opts.Ledger.Do(ctx, "reproduction.finish", r.ID, func(*index.Tx) (any, error) { return r, nil })
	return errors.Join(err, os.RemoveAll(s.repeatDir(r.ID)))
}

// prepare fills the fresh folder: the code as it was, then the data that no stage made.
func (s *Service) prepare(ctx context.Context, r Reproduction, e Execution) error {
	if err := os.MkdirAll(s.repeats(), 0o700); err != nil {
		return errs.Wrap(errs.Unavailable, err, "make the folder of the repetition")
	}
	if err := s.opts.Export(ctx, e.Code, r.Folder); err != nil {
		return err
	}
	there := newEyes(r.Folder, "", s.opts.Now)
	for _, a := range e.sources() {
		if now, err := there.look(ctx, a.Path); err == nil && now.Digest == a.Digest {
			continue // the code brought it, with its mode
		}
		if err := checkout(ctx, s.opts.Store, r.Folder, a); err != nil {
			return errs.Wrap(errs.KindOf(err), err, "bring back %s as it was", a.Path)
		}
	}
	if err := os.MkdirAll(filepath.Join(r.Folder, project.PrivateDir), 0o755); err != nil {
		return errs.Wrap(errs.Unavailable, err, "make the folder of the repetition")
	}
	if err := s.tools(r.Folder, e.Spec); err != nil {
		return err
	}
	return writePlan(s.opts.RunDir(r.ID), Plan{
		Project: r.Folder, Objects: s.opts.Objects, Stages: e.Spec.Stages, Only: e.Request.Stages, Params: e.overrides(),
		Force: true, Parallel: e.Spec.Parallel, NoLock: true,
	})
}

// overrides are the recorded params of params.yaml. The code holds that file as it was
// before the execution wrote its own.
func (e Execution) overrides() map[string]string {
	out := maps.Clone(e.Request.Params)
	if out == nil {
		out = map[string]string{}
	}
	for k, v := range e.Params {
		file, _, other := strings.Cut(k, ":")
		if !other || !e.Spec.readsParams(file) {
			out[k] = v
		}
	}
	return out
}

func (p Spec) readsParams(file string) bool {
	for name, st := range p.Stages {
		for _, from := range st.Params {
			if f, err := inside(name, st.Wdir, from.File); err == nil && f == file {
				return true
			}
		}
	}
	return false
}

// sources are the deps that no stage of the execution makes again.
func (e Execution) sources() (list []Artifact) {
	var outs []Artifact
	for _, st := range e.Stages {
		if st.State != Frozen {
			outs = append(outs, st.Outs...)
		}
	}
	seen := map[string]bool{}
	for _, st := range e.Stages {
		for _, a := range st.Deps {
			made := seen[a.Path]
			for _, out := range outs {
				made = made || within(out.Path, a.Path)
			}
			if !made {
				list = append(list, a)
			}
			seen[a.Path] = true
		}
	}
	return list
}

// FinishReproduction compares what came out. A second call changes nothing.
func (s *Service) FinishReproduction(ctx context.Context, id string) (Reproduction, error) {
	s.finishing.Lock()
	defer s.finishing.Unlock()
	r, err := s.Reproduction(ctx, id)
	if err != nil || r.Verdict != Running {
		return r, err
	}
	run, err := s.opts.RunState(ctx, id)
	if err != nil || !run.Ended {
		return r, err
	}
	e, err := s.stored(ctx, r.RunID)
	if err != nil {
		return r, err
	}
	results, err := readResults(s.opts.RunDir(id))
	if err != nil {
		return r, err
	}
	if err := s.opts.Store.Reload(); err != nil { // the runner is another process
		return r, err
	}
	r.EndedAt = run.EndedAt
	r.compare(e, results, s.opts.Environment(), run, s.differences(ctx))
	if err := s.opts.Reproduced(ctx, r); err != nil {
		return r, err
	}
	return r, s.endRepeat(ctx, r)
}

// endRepeat puts the verdict on record and clears away. The folder of one that did not
// run through stays, to be looked at.
func (s *Service) endRepeat(ctx context.Context, r Reproduction) error {
	folder := r.Folder
	if !r.Keep && r.Verdict != NotRun {
		r.Folder = ""
	}
	_, err := s.opts.Ledger.Do(ctx, "reproduction.finish", r.ID, func(tx *index.Tx) (any, error) { return r, nil })
	if err == nil && r.Folder == "" && folder == s.repeatDir(r.ID) {
		err = os.RemoveAll(folder)
	}
	return err
}
