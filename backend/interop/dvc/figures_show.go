package dvc

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/doc"
)

// MetricsShown is what a revision says of metrics.
type MetricsShown struct {
	Figures
	Broken  map[string]error // by path, why a file says nothing
	Refused error            // why none does: one of DVC's own files is refused there
}

// MarshalJSON writes it as `dvc metrics show --json` does: data, in it files, in them data or error.
func (m MetricsShown) MarshalJSON() ([]byte, error) {
	if m.Refused != nil {
		return json.Marshal(map[string]any{"error": shownError(m.Refused)})
	}
	files := map[string]any{}
	for at, v := range m.Plain() {
		files[at] = map[string]any{"data": v}
	}
	for at, err := range m.Broken {
		files[at] = map[string]any{"error": shownError(err)}
	}
	return json.Marshal(map[string]any{"data": files})
}

func shownError(err error) map[string]string {
	return map[string]string{"type": errs.KindOf(err).String(), "msg": errs.Text(err)}
}

// From is m with the paths as they are said in another way.
func (m MetricsShown) From(path func(at string) string) MetricsShown {
	out := MetricsShown{Figures{}, map[string]error{}, m.Refused}
	for at, v := range m.Figures {
		out.Figures[path(at)] = v
	}
	for at, err := range m.Broken {
		out.Broken[path(at)] = err
	}
	return out
}

// ShowMetrics reads the metrics of a revision.
func (p *Project) ShowMetrics(rev string) (m MetricsShown, err error) {
	m.Broken = map[string]error{}
	m.Figures, m.Refused, err = p.FiguresAt(rev, func(then *Project) Figures {
		out, broken := then.readMetrics()
		for at, err := range broken {
			m.Broken[at] = err
		}
		for _, at := range then.metricsWanted() {
			if !then.saysOf(out, broken, at) {
				m.Broken[at] = errs.New(errs.NotFound, "%s is not there", at)
			}
		}
		return out
	})
	return m, err
}

// readMetrics are the metrics that can be read, and of the other files why not.
func (p *Project) readMetrics() (Figures, map[string]error) {
	out, broken := Figures{}, map[string]error{}
	for at, read := range p.metricFiles() {
		b, err := read()
		var v any
		if err == nil {
			v, err = doc.Read(at, b)
		}
		if err != nil {
			broken[at] = err
			continue
		}
		if v = metric(v); v == nil || v == false || v == "" || doc.Equal(v, int64(0)) {
			v = &doc.Map{}
		}
		out[at] = v
	}
	return out, broken
}

// metricsWanted are the paths that stages and dvc.yaml files name as metrics.
func (p *Project) metricsWanted() (list []string) {
	for _, o := range p.outs() {
		if o.out.Kind == "metrics" {
			list = append(list, o.at)
		}
	}
	for _, pl := range p.Pipelines {
		for _, name := range pl.Metrics {
			if at, here := p.where(path.Dir(pl.File), name); here {
				list = append(list, at)
			}
		}
	}
	return list
}

// saysOf reports whether a path, or a file below it, was looked at.
func (p *Project) saysOf(out Figures, broken map[string]error, at string) bool {
	if out[at] != nil || broken[at] != nil {
		return true
	}
	for name := range out {
		if inside(name, at) {
			return true
		}
	}
	for name := range broken {
		if inside(name, at) {
			return true
		}
	}
	info, err := fs.Stat(p.tree, at)
	return err == nil && info.IsDir() // an empty folder
}

// NamedCommit is a commit, and what it is called where it is told of.
type NamedCommit struct{ Name, Commit string }

// Named are the commits that are meant, each once, under the names of the branches and tags that
// led to it, with commas between; a commit that is meant for its own sake under its id.
func (p *Project) Named(r Revisions) (list []NamedCommit, err error) {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	commits, err := r.list(repo)
	if err != nil || !repo.Exists() {
		return nil, errors.Join(err, noGit(repo, p.Dir))
	}
	names := map[string][]string{}
	for _, kind := range []struct {
		is     bool
		prefix string
	}{{r.Branches, "refs/heads/"}, {r.Tags, "refs/tags/"}} {
		if !kind.is || r.Commits {
			continue
		}
		refs, err := repo.Refs(kind.prefix)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			names[ref.Commit] = append(names[ref.Commit], strings.TrimPrefix(ref.Name, kind.prefix))
		}
	}
	for _, commit := range commits {
		list = append(list, NamedCommit{firstText(strings.Join(names[commit], ","), commit), commit})
	}
	return list, nil
}

func noGit(repo *git.Repo, dir string) error {
	if repo.Exists() {
		return nil
	}
	return errs.New(errs.Precondition, "%s is in no git repository, and has no branches, tags and commits", dir)
}
