package mlflow

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/run"
)

// origin is where the content of a new version comes from: a folder below a run or
// logged model, or the tree of another version. Without either nothing is there (yet),
// and the version holds no files.
type origin struct {
	source  string
	dir     string
	owner   string // of dir
	below   string // where in its artifacts; "" for all
	digest  ref.Digest
	runID   string
	modelID string
}

// createVersion copies the content that source names into the object store. Nothing
// but the project's own files can be a source: a path of this machine never is.
func (d *Door) createVersion(ctx context.Context, in message) (any, error) {
	name, tags := in.text("name"), in.pairs("tags")
	m, err := d.opts.Registry.Model(ctx, name)
	if err != nil {
		return nil, err
	}
	if isPrompt(m.Tags) || isPrompt(tags) {
		return d.createPrompt(ctx, m, in)
	}
	o, err := d.origin(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := d.sound(ctx, o); err != nil {
		return nil, err
	}
	c := registry.CreateVersion{
		Model: name, Dir: o.dir, Digest: o.digest, Source: o.source, RunID: o.runID, Description: in.text("description"), Tags: tags,
		Metrics: map[string]float64{}, Params: map[string]string{}, MayBeEmpty: true,
	}
	if err := d.provenance(ctx, o, &c); err != nil {
		return nil, err
	}
	v, err := d.opts.Registry.CreateVersion(ctx, c)
	if err != nil {
		return nil, err
	}
	if o.modelID != "" {
		err = d.registered(ctx, o.modelID, v)
	}
	return versionAnswer{fromVersion(v)}, err
}

// sound sees that what becomes a version is what was logged.
func (d *Door) sound(ctx context.Context, o origin) error {
	if o.dir == "" {
		return nil
	}
	return d.opts.Runs.CheckArtifacts(ctx, o.owner, o.below)
}

func badSource(source, why string) error {
	return errs.New(errs.Invalid, "Invalid model version source: '%s'. %s", short(source, 300), why)
}

func (d *Door) origin(ctx context.Context, in message) (o origin, err error) {
	source, runID, modelID := in.text("source"), in.text("run_id"), in.text("model_id")
	kind, rest, _ := strings.Cut(source, ":/")
	if err := checkPath(strings.TrimPrefix(rest, "/")); err != nil || strings.HasPrefix(rest, "/") {
		return o, badSource(source, "It must be an address without '..' and without another server in it.")
	}
	switch kind {
	case "models":
		o, err = d.fromModels(ctx, rest)
	case "runs":
		o, err = d.fromRuns(ctx, rest, runID)
	case "mlflow-artifacts":
		o, err = d.fromPlace(ctx, rest)
	default:
		return o, badSource(source, "Rondo takes content from runs:/<run>/<path>, models:/<logged model or name/version> and mlflow-artifacts:/…")
	}
	if err != nil {
		return o, err
	}
	if runID != "" && o.runID != "" && o.runID != runID {
		return o, badSource(source, "The run_id request parameter must identify the resource that contains the source.")
	}
	if modelID != "" && o.modelID != modelID {
		return o, badSource(source, "The model_id request parameter must identify the resource that contains the source.")
	}
	if o.runID == "" {
		o.runID = runID
	}
	if o.source == "" {
		o.source = source
	}
	return o, nil
}

// fromModels resolves m-…, name/version, name/latest and name@alias.
func (d *Door) fromModels(ctx context.Context, rest string) (origin, error) {
	name, alias, ok := strings.Cut(rest, "@")
	number := 0
	var err error
	if ok {
		number, err = d.opts.Registry.Resolve(ctx, name, alias)
	} else if name, alias, ok = strings.Cut(rest, "/"); !ok {
		return d.fromLogged(ctx, rest, "")
	} else if alias == "latest" {
		var m registry.Model
		m, err = d.opts.Registry.Model(ctx, name)
		number = m.Latest
	} else {
		number, err = versionNumber(alias)
	}
	if err != nil {
		return origin{}, err
	}
	return d.fromVersion(ctx, name, number)
}

func (d *Door) fromVersion(ctx context.Context, name string, number int) (origin, error) {
	v, err := d.opts.Registry.Version(ctx, name, number)
	return origin{source: "models:/" + name + "/" + strconv.Itoa(number), digest: v.Digest, runID: v.RunID}, err
}

func (d *Door) fromLogged(ctx context.Context, id, path string) (origin, error) {
	m, err := d.opts.Runs.LoggedModel(ctx, id)
	if err != nil {
		return origin{}, err
	}
	dir, err := d.folder(m.ID, path)
	return origin{dir: dir, owner: m.ID, below: clean(path), runID: m.RunID, modelID: m.ID}, err
}

// fromRuns finds runs:/<run>/<path>: a folder of the run's artifacts, or the logged
// model that the run made under that name. A run that is not known has nothing there,
// where runID says which run the version is of.
func (d *Door) fromRuns(ctx context.Context, rest, runID string) (origin, error) {
	id, path, _ := strings.Cut(rest, "/")
	r, err := d.opts.Runs.Get(ctx, id)
	if errs.Is(err, errs.NotFound) && runID != "" { // its files cannot be another's
		return origin{}, nil
	}
	if err != nil {
		return origin{}, err
	}
	dir, err := d.folder(r.ID, path)
	if dir != "" || err != nil {
		return origin{dir: dir, owner: r.ID, below: clean(path), runID: r.ID}, err
	}
	for _, out := range r.ModelOutputs {
		if m, e := d.opts.Runs.LoggedModel(ctx, out.ModelID); e == nil && m.Name == path {
			return d.fromLogged(ctx, m.ID, "")
		}
	}
	return origin{runID: r.ID}, nil
}

func (d *Door) fromPlace(ctx context.Context, rest string) (origin, error) {
	p, err := parsePlace(rest)
	if err != nil {
		return origin{}, err
	}
	if p.model != "" {
		return d.fromVersion(ctx, p.model, p.version)
	}
	if strings.HasPrefix(p.owner, "m-") {
		return d.fromLogged(ctx, p.owner, p.path)
	}
	r, err := d.opts.Runs.Get(ctx, p.owner)
	if err != nil {
		return origin{}, err
	}
	dir, err := d.folder(r.ID, p.path)
	return origin{dir: dir, owner: r.ID, below: clean(p.path), runID: r.ID}, err
}

// clean is a path as seals know it: "" for all.
func clean(path string) string { return strings.Trim(path, "/") }

// folder returns the local path of a folder of artifacts, "" where nothing is at path.
// The question goes through os.Root, so that no link leads outside.
func (d *Door) folder(owner, path string) (string, error) {
	missing := errs.New(errs.NotFound, "%s has no folder %q among its artifacts", owner, short(path, 200)).
		WithHint("a version is made of a folder, such as log_model writes")
	dir := d.opts.Runs.ArtifactDir(owner)
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", missing
	}
	defer root.Close()
	name := filepath.FromSlash(strings.TrimSuffix(path, "/"))
	if name == "" {
		name = "."
	}
	info, err := root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) && !linked(root, name) {
		return "", nil
	}
	if err != nil || !info.IsDir() {
		return "", missing
	}
	return filepath.Join(dir, name), nil
}

// linked says whether a name is there all the same: as a link that leads nowhere.
func linked(root *os.Root, name string) bool {
	_, err := root.Lstat(name)
	return err == nil
}

// provenance says what the version was made from: what the run and the logged model know.
func (d *Door) provenance(ctx context.Context, o origin, c *registry.CreateVersion) error {
	if o.runID != "" {
		r, err := d.opts.Runs.Get(ctx, o.runID)
		if errs.Is(err, errs.NotFound) {
			return badSource(o.source, "There is no run "+short(o.runID, 80)+".")
		}
		if err != nil {
			return err
		}
		fromRunTo(c, r)
	}
	if o.modelID == "" {
		return nil
	}
	m, err := d.opts.Runs.LoggedModel(ctx, o.modelID)
	for _, x := range m.Metrics {
		keep(c.Metrics, x)
	}
	maps.Copy(c.Params, m.Params)
	return err
}

func fromRunTo(c *registry.CreateVersion, r run.Run) {
	for _, x := range r.Metrics {
		keep(c.Metrics, x)
	}
	maps.Copy(c.Params, r.Params)
	c.Commit = r.Tags["mlflow.source.git.commit"]
	for _, in := range r.Inputs {
		if in.Snapshot != "" {
			c.SnapshotIDs = append(c.SnapshotIDs, in.Snapshot)
		}
	}
}

// keep takes over a metric that a record can hold.
func keep(into map[string]float64, m run.Metric) {
	if x := float64(m.Value); !math.IsNaN(x) && !math.IsInf(x, 0) {
		into[m.Key] = x
	}
}

// registered notes with a logged model which version it became.
func (d *Door) registered(ctx context.Context, modelID string, v registry.Version) error {
	d.lists.Lock()
	defer d.lists.Unlock()
	m, err := d.opts.Runs.LoggedModel(ctx, modelID)
	if err != nil {
		return err
	}
	all, err := appendJSON(m.Tags[versionsTag], map[string]any{"name": v.Model, "version": v.Version})
	if err != nil {
		return err
	}
	_, err = d.opts.Runs.TagLoggedModel(ctx, m.ID, map[string]string{versionsTag: all}, nil)
	return err
}
