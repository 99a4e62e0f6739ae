package dvc

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// Plan is what a DVC project becomes in Rondo. It changes nothing.
type Plan struct {
	Text     []byte   // of rondo.yaml as it shall be
	Changed  bool     // Text is not what is there
	Data     []Data   // what becomes datasets
	Fresh    []string // stages of rondo.yaml that DVC has run, and that are as it left them
	Came     []string // lines of the account: what comes over
	Left     []string // and what does not, or not quite, and why
	Datasets int      // that rondo.yaml gains
	Stages   int      // that rondo.yaml gains
}

// Data is a path that a .dvc file tracks.
type Data struct {
	Name  string // of the dataset
	Path  string // in the project
	From  string // the .dvc file
	Desc  string
	State string // Here, Changed, Cached or Absent

	entry metafile.Entry
}

// How tracked data stands to its .dvc file.
const (
	Here    = "here"    // the folder has what the .dvc file names
	Changed = "changed" // the folder has something else
	Cached  = "cached"  // only the cache has it
	Absent  = "absent"  // neither has it
)

type planner struct {
	p    *Project
	plan *Plan
	file *project.File // rondo.yaml as it is
	old  []byte

	datasets, stages []section
	names            map[string]bool // of stages
	sets             map[string]bool // of datasets
	reasons          doc.Map         // names of stages by what of them does not come
}

// section is one entry of rondo.yaml, written out.
type section struct {
	name  string
	lines []string
}

// Plan says what rondo.yaml and the datasets shall be. The text is rondo.yaml as it is;
// what it has already is left as it is, so that an import can be repeated.
func (p *Project) Plan(ctx context.Context, text []byte) (*Plan, error) {
	f, err := project.Parse(project.FileName, text)
	if err != nil {
		return nil, err
	}
	pl := &planner{p: p, plan: &Plan{}, file: f, old: text, names: map[string]bool{}, sets: map[string]bool{}}
	for _, err := range p.Problems {
		pl.left("%s", err)
	}
	if err := pl.data(ctx); err != nil {
		return nil, err
	}
	for _, line := range p.Pipelines {
		if err := pl.pipeline(ctx, line); err != nil {
			return nil, err
		}
	}
	for _, s := range p.Singles {
		if s.Cmd != "" {
			pl.oldStage(s)
		}
	}
	pl.shared()
	pl.settings()
	return pl.plan, pl.finish()
}

func (pl *planner) came(format string, args ...any) {
	pl.plan.Came = append(pl.plan.Came, fmt.Sprintf(format, args...))
}

func (pl *planner) left(format string, args ...any) {
	pl.plan.Left = append(pl.plan.Left, fmt.Sprintf(format, args...))
}

// share notes a reason for one stage.
func (pl *planner) share(stage, reason string) {
	list, _ := pl.reasons.Get(reason)
	names, _ := list.([]string)
	pl.reasons.Set(reason, append(names, stage))
}

const maxNamed = 5 // stages that a line of the account names

func (pl *planner) shared() {
	for _, reason := range pl.reasons.Keys {
		names := pl.reasons.Value(reason).([]string)
		switch more := len(names) - maxNamed; {
		case len(names) == 1:
			pl.left("stage %s: %s", names[0], reason)
		case more > 1:
			pl.left("stages %s and %d more: %s", strings.Join(names[:maxNamed], ", "), more, reason)
		default:
			pl.left("stages %s: %s", strings.Join(names, ", "), reason)
		}
	}
}

// finish writes the text and reads it back, so that what is written can be read.
func (pl *planner) finish() error {
	text, err := addSections(pl.old, "datasets", len(pl.file.Datasets) > 0, pl.datasets)
	if err == nil {
		text, err = addSections(text, "stages", len(pl.file.Stages) > 0, pl.stages)
	}
	if err != nil {
		return err
	}
	pl.plan.Text, pl.plan.Changed = text, string(text) != string(pl.old)
	pl.plan.Datasets, pl.plan.Stages = len(pl.datasets), len(pl.stages)
	f, err := project.Parse(project.FileName, text)
	if err != nil {
		return errs.New(errs.KindOf(err), "what the DVC project has cannot be a rondo.yaml: %w", err).WithHint("%s", errs.HintOf(err))
	}
	if _, err := pipeline.BuildFile(f); err != nil {
		pl.left("the stages are written, but Rondo cannot run them yet: %s", err)
	}
	return nil
}

const (
	yamlName = 90  // bytes of a name in rondo.yaml, with room for a number
	longName = 400 // of a stage that is only told of: those of a matrix have all their values at the end
)

// name makes a name of at most so many bytes that rondo.yaml takes and that nothing else has.
func name(want string, most int, taken map[string]bool) string {
	var b strings.Builder
	for _, r := range want {
		if r <= ' ' || strings.ContainsRune(`/\:*?"<>|`, r) || r == 0x7f {
			r = '-'
		}
		b.WriteRune(r)
	}
	base := strings.TrimLeft(b.String(), "-.")
	if len(base) > most {
		base = strings.ToValidUTF8(base[:most], "")
	}
	if base == "" {
		base = "unnamed"
	}
	out := base
	for n := 2; taken[out]; n++ {
		out = fmt.Sprintf("%s-%d", base, n)
	}
	taken[out] = true
	return out
}

// settings tells of what DVC keeps beside data and stages.
func (pl *planner) settings() {
	remotes := pl.p.Config.Remotes()
	for _, remote := range slices.Sorted(maps.Keys(remotes)) {
		pl.left("the remote %s (%s) stays DVC's: Rondo neither pushes to it nor fetches from it", remote, remotes[remote])
	}
	for _, line := range pl.p.Pipelines {
		for i, what := range []string{"params", "metrics", "plots"} {
			if []int{len(line.Params), len(line.Metrics), len(line.Plots)}[i] > 0 {
				pl.left("%s: the %s at the top of the file have no place in rondo.yaml; those of stages came over", line.File, what)
			}
		}
		for i := 0; i < line.Artifacts.Len(); i++ {
			a, _ := line.Artifacts.Value(line.Artifacts.Keys[i]).(*doc.Map)
			at, _ := a.Get("path")
			pl.left("%s: the artifact %s is not made a model by itself; add it under models: in rondo.yaml with path: %s", line.File, line.Artifacts.Keys[i], path.Join(path.Dir(line.File), doc.Text(at)))
		}
	}
}
