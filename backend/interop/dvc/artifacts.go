package dvc

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/gto"
	"rondo/backend/interop/dvc/metafile"
)

// Artifact is what a dvc.yaml names under artifacts:, such as a model that others may ask for.
type Artifact struct {
	Name     string         `json:"name"` // as in git's tags: sub:model where the dvc.yaml is in sub
	File     string         `json:"file"` // the dvc.yaml
	Path     string         `json:"path"` // in the project
	Type     string         `json:"type,omitempty"`
	Desc     string         `json:"desc,omitempty"`
	Labels   []string       `json:"labels,omitempty"`
	Meta     map[string]any `json:"meta,omitempty"`
	Versions []ArtifactTag  `json:"versions"` // registered by tags, the greatest first
	Stages   []ArtifactTag  `json:"stages"`   // assigned by tags, by name
}

// ArtifactTag is a version or a stage of an artifact, as a tag of git's says it.
type ArtifactTag struct {
	Is      string    `json:"is"` // v1.2.3, or prod
	Tag     string    `json:"tag"`
	Commit  string    `json:"commit"`
	At      time.Time `json:"at,omitzero"`
	Version string    `json:"version,omitempty"` // of a stage: the version that is at its commit
}

// Artifacts lists what the dvc.yaml files of the folder name as such, with the versions and stages
// that git's tags give them.
func (p *Project) Artifacts() ([]Artifact, error) {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	tags, err := gtoTags(repo)
	out := []Artifact{}
	for _, pl := range p.Pipelines {
		for i := range pl.Artifacts.Len() {
			key := pl.Artifacts.Keys[i]
			m, _ := pl.Artifacts.Value(key).(*doc.Map)
			a := artifactOf(m)
			a.Name, a.File = gto.Join(path.Clean(repo.Inside(path.Dir(pl.File))), key), pl.File
			a.Path = path.Join(path.Dir(pl.File), a.Path)
			a.tagged(tags)
			out = append(out, a)
		}
	}
	return out, err
}

func artifactOf(m *doc.Map) (a Artifact) {
	text := func(key string) string { s, _ := m.Value(key).(string); return s }
	a = Artifact{Path: text("path"), Type: text("type"), Desc: text("desc")}
	labels, _ := m.Value("labels").([]any)
	for _, l := range labels {
		a.Labels = append(a.Labels, doc.Text(l))
	}
	a.Meta, _ = doc.Plain(m.Value("meta")).(map[string]any)
	return a
}

func (a *Artifact) tagged(tags []gto.Tag) {
	a.Versions, a.Stages = []ArtifactTag{}, []ArtifactTag{}
	for _, t := range gto.Versions(tags, a.Name) {
		a.Versions = append(a.Versions, ArtifactTag{Is: t.Version, Tag: t.Name, Commit: t.Commit, At: t.At})
	}
	for _, t := range gto.Stages(tags, a.Name) {
		one := ArtifactTag{Is: t.Stage, Tag: t.Name, Commit: t.Commit, At: t.At}
		if i := slices.IndexFunc(a.Versions, func(v ArtifactTag) bool { return v.Commit == t.Commit }); i >= 0 {
			one.Version = a.Versions[i].Is
		}
		a.Stages = append(a.Stages, one)
	}
}

// gtoTags are the tags of a repository that are about artifacts. Like GTO it counts those that
// were made with a message only.
func gtoTags(repo *git.Repo) (list []gto.Tag, err error) {
	tags, err := repo.Tags()
	for _, t := range tags {
		if one, is := gto.Parse(t.Name); is {
			one.Commit, one.At = t.Commit, t.When
			list = append(list, one)
		}
	}
	return list, err
}

// GetArtifact says which artifact of a repository is meant: at a version, in a stage, or the
// greatest version.
type GetArtifact struct {
	Elsewhere        // its Path and Rev are found
	Name      string // model, sub:model or sub/dvc.yaml:model
	Version   string
	Stage     string
}

// FindArtifact says where an artifact lies: at which path of which commit, as `dvc artifacts get`
// finds it. What was taken back (model@v1.0.0!) is not found, where dvc goes on giving it.
func (p *Project) FindArtifact(ctx context.Context, in GetArtifact) (Elsewhere, error) {
	dir, name, is := gto.Split(in.Name)
	if !is {
		return in.Elsewhere, errs.New(errs.Invalid, "%q is no name of an artifact", in.Name).WithHint("it is one such as model, or sub:model of sub/dvc.yaml")
	}
	from, err := p.repository(in.From)
	if err != nil {
		return in.Elsewhere, err
	}
	if from.far == nil { // names of artifacts are those from the top of the repository
		if in.From = from.repo.Top(); in.From != from.dir {
			if from, err = p.repository(in.From); err != nil {
				return in.Elsewhere, err
			}
		}
	}
	tags, err := from.gtoTags(ctx)
	if err != nil {
		return in.Elsewhere, err
	}
	t, err := gto.Find(tags, gto.Join(dir, name), in.Version, in.Stage)
	if err != nil {
		return in.Elsewhere, err
	}
	tree, err := from.tree(ctx, t.Commit)
	if err != nil {
		return in.Elsewhere, err
	}
	b, err := fs.ReadFile(tree, path.Join(dir, metafile.PipelineFile))
	if err != nil {
		return in.Elsewhere, errs.New(errs.NotFound, "the tag %s names a commit without the artifact %s: %w", t.Name, in.Name, err).WithHint("it has to stand under artifacts: in %s there", path.Join(dir, metafile.PipelineFile))
	}
	v, err := doc.ParseYAML(metafile.PipelineFile, b)
	top, _ := v.(*doc.Map)
	all, _ := top.Value("artifacts").(*doc.Map)
	m, is := all.Value(name).(*doc.Map)
	a := artifactOf(m)
	if err != nil || !is || a.Path == "" {
		return in.Elsewhere, errs.New(errs.NotFound, "the tag %s names a commit without the artifact %s", t.Name, in.Name).WithHint("it has to stand under artifacts: in %s there, with its path", path.Join(dir, metafile.PipelineFile))
	}
	in.Path, in.Rev = path.Join(dir, a.Path), t.Commit
	return in.Elsewhere, nil
}

// gtoTags of a repository elsewhere come without times, so the counters in their names order them.
func (r *repository) gtoTags(ctx context.Context) (list []gto.Tag, err error) {
	if r.far == nil {
		return gtoTags(r.repo)
	}
	refs, err := r.far.Tags(ctx, r.dir)
	for _, t := range refs {
		if one, is := gto.Parse(t.Name); is {
			one.Commit = t.Commit
			list = append(list, one)
		}
	}
	return list, err
}
