package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/project"
)

// Experiment is what another tool shall keep of an execution of its stages, under a name.
type Experiment struct {
	Name     string   `json:"name,omitempty"`     // empty: one is made up
	Message  string   `json:"message,omitempty"`  // empty: the tool's own
	Set      []string `json:"set,omitempty"`      // params to set first, each [FILE:]KEY=VALUE, as the tool has it
	Baseline string   `json:"baseline,omitempty"` // the commit that it begins at, once that is known
	Commit   string   `json:"commit,omitempty"`   // once it is kept
}

// experiment is the file with the params that an experiment sets, where the request is for one.
func (s *Service) experiment(ctx context.Context, file *project.File, in *Request, dry bool) (*project.File, error) {
	if in.Experiment == nil {
		return file, nil
	}
	if s.opts.Experiment == nil || foreignOf(file) == "" {
		return nil, errs.New(errs.Precondition, "experiments are DVC's, and the stages here are not those of a dvc.yaml").WithHint("`rondo repro -S KEY=VALUE` runs them with other params, and every run is kept")
	}
	file, e, err := s.opts.Experiment(ctx, *in.Experiment, in.Force, dry)
	in.Experiment = &e
	return file, err
}

// Experimenter is what Books do for experiments.
type Experimenter interface {
	// Prepare sets the params and records what changed of the data that the stages at some
	// addresses read, of all data without any.
	Prepare(ctx context.Context, e Experiment, force bool, addresses []string) error
	// Suppose has params set for Reasons; nothing is written.
	Suppose(set []string) error
	// Keep keeps what lies in the folder as an experiment, of all stages of an execution and those
	// that were not left as they were.
	Keep(ctx context.Context, e Experiment, force bool, all, ran []string) (Experiment, error)
}

// experimentFile is what became of an experiment, in the folder of the run.
const experimentFile = "experiment.json"

type keptExperiment struct {
	Experiment
	Error string `json:"error,omitempty"` // why it was not kept
}

// prepare readies the folder for an experiment, before its first stage.
func (r *runner) prepare(ctx context.Context) error {
	if r.plan.Experiment == nil {
		return nil
	}
	var some []string
	if len(r.plan.Only) > 0 {
		some = addresses(r.graph)
	}
	return r.books.Prepare(ctx, *r.plan.Experiment, r.plan.Force, some)
}

func addresses(g Graph) (list []string) {
	for _, n := range g {
		if n.From != "" {
			list = append(list, n.From)
		}
	}
	return list
}

// keepExperiment keeps the experiment once all stages are through.
func (r *runner) keepExperiment(ctx context.Context) error {
	if r.plan.Experiment == nil || r.books == nil {
		return nil
	}
	var ran []string
	for _, n := range r.graph {
		if s := r.state(n.Name); s == Ran || s == Restored {
			ran = append(ran, n.From)
		}
	}
	e, err := r.books.Keep(ctx, *r.plan.Experiment, r.plan.Force, addresses(r.graph), ran)
	if err == nil {
		r.say("", "kept as the experiment %s", e.Name)
		return r.noteExperiment(keptExperiment{Experiment: e})
	}
	why := "the stages ran, and it was not kept as an experiment: " + err.Error()
	if hint := errs.HintOf(err); hint != "" {
		why += "; " + hint
	}
	r.say("", "%s", why)
	return firstOf(r.noteExperiment(keptExperiment{*r.plan.Experiment, why}), err)
}

func (r *runner) noteExperiment(k keptExperiment) error {
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	at := filepath.Join(r.runDir, experimentFile)
	return errs.Unwritten(at, atomicfile.WriteFile(at, append(b, '\n'), 0o644))
}

// readExperiment reads what became of an experiment; nothing where none was tried.
func readExperiment(runDir string) (k keptExperiment, err error) {
	b, err := readBounded(filepath.Join(runDir, experimentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err == nil && json.Unmarshal(b, &k) != nil {
		err = errs.New(errs.Corrupt, "%s of an execution cannot be read", experimentFile)
	}
	return k, err
}
