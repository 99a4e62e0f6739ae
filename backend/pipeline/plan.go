package pipeline

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/project"
)

// Files of an execution, in the folder of its run.
const (
	planFile  = "execution.json"
	stagesDir = "stages"
)

// Plan is what the runner process works by. It holds the stages themselves: what
// runs is what was trusted, also if rondo.yaml changes meanwhile.
type Plan struct {
	Project string                   `json:"project"`          // the folder that stages run in
	Objects string                   `json:"objects"`          // the object store
	Memory  string                   `json:"memory,omitempty"` // where is remembered how files looked
	Cache   string                   `json:"cache,omitempty"`  // where is noted which stage made what of what
	Stages  map[string]project.Stage `json:"stages"`
	Only    []string                 `json:"only,omitempty"`   // with what they need; empty: all
	Extent  string                   `json:"extent,omitempty"` // how far beyond Only
	Params  map[string]string        `json:"params,omitempty"` // overrides, written into params.yaml first
	Force   bool                     `json:"force,omitempty"`
	// Experiment is what the other tool's books shall keep of it; nil: nothing.
	Experiment *Experiment `json:"experiment,omitempty"`
	Parallel   int         `json:"parallel"`          // stages at one time
	NoLock     bool        `json:"no_lock,omitempty"` // leave rondo.lock alone: a repetition
	// Models are the paths of outs that become model versions; they are kept whatever their size.
	Models []string `json:"models,omitempty"`
	// Patience is how long a stage may take to end when it is asked to, before it is
	// asked more firmly; 0 means more than the supervisor of the run allows.
	Patience int64 `json:"patience_ms,omitempty"`
}

func (p Plan) patience() time.Duration {
	if p.Patience > 0 {
		return time.Duration(p.Patience) * time.Millisecond
	}
	return time.Minute
}

func writePlan(runDir string, p Plan) error {
	if err := os.MkdirAll(filepath.Join(runDir, stagesDir), 0o755); err != nil {
		return errs.Wrap(errs.Unavailable, err, "make the execution's folder")
	}
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	at := filepath.Join(runDir, planFile)
	return errs.Unwritten(at, atomicfile.WriteFile(at, append(b, '\n'), 0o644))
}

func readPlan(runDir string) (p Plan, err error) {
	b, err := readBounded(filepath.Join(runDir, planFile))
	if err != nil {
		return p, errs.New(errs.Invalid, "%s holds no execution: %w", runDir, err).WithHint("`rondo repro` starts one")
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, errs.New(errs.Invalid, "%s cannot be read: %w", planFile, err)
	}
	if !filepath.IsAbs(p.Project) || !filepath.IsAbs(p.Objects) {
		return p, errs.New(errs.Invalid, "%s does not say where it works", planFile)
	}
	p.Parallel = max(p.Parallel, 1)
	return p, nil
}

const maxPlan = 64 << 20 // bytes of a plan or a result

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxPlan {
		return nil, errs.New(errs.TooLarge, "%s is larger than %d MiB", filepath.Base(path), maxPlan>>20)
	}
	return os.ReadFile(path)
}
