package mlflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/run"
)

// files is MLflow's file store, as versions 1 to 3 write it: a folder of experiments
// with a meta.yaml and a folder for each run, and deleted ones in .trash.
type files struct {
	opts   Options
	about  About
	root   *os.Root
	places *places
	dirs   map[string]string // of experiments, below root
	models map[string][]measured
}

const (
	maxMeta  = 16 << 20 // bytes of a small file: a meta.yaml, a param, a tag
	trash    = ".trash"
	metaFile = "meta.yaml"
)

// isFileStore tells a folder of experiments by one of them.
func isFileStore(at string) bool {
	for _, sub := range []string{".", trash} {
		entries, err := os.ReadDir(filepath.Join(at, sub))
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.IsDir() && decimal(e.Name()) && isFile(filepath.Join(at, sub, e.Name(), metaFile)) {
				return true
			}
		}
	}
	return false
}

var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+$`) })

func decimal(s string) bool { return digits().MatchString(s) }

func openFiles(at string, o Options) (Source, error) {
	abs, err := filepath.Abs(at)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", at)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", at)
	}
	return &files{
		opts: o, root: root, dirs: map[string]string{}, places: newPlaces(filepath.Dir(abs), o.Roots, abs),
		about: About{
			ID: "file:" + abs, Words: "MLflow's file store " + abs,
			Lacks: []string{"evaluation datasets", "scorers", "links of traces to runs and prompts"},
		},
	}, nil
}

func (f *files) About() About { return f.about }
func (f *files) Close() error { return f.root.Close() }

// readMeta reads one; its errors name the file.
func (f *files) readMeta(name string) (m meta, err error) {
	b, err := f.read(name)
	if err != nil {
		return nil, err
	}
	if m = parseMeta(b); m == nil {
		return nil, errs.New(errs.Corrupt, "%s is no YAML that can be read, or is cut", name)
	}
	return m, nil
}

func (f *files) read(name string) ([]byte, error) {
	info, err := f.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errs.New(errs.NotFound, "%s is not there", name)
	case err != nil:
		return nil, errs.New(errs.Invalid, "%s cannot be read: it is a link that leads out of the store, or %w", name, err)
	case !info.Mode().IsRegular():
		return nil, errs.New(errs.Invalid, "%s is no file", name)
	}
	r, err := f.root.Open(name)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "%s cannot be read: %w", name, err)
	}
	defer r.Close()
	return readAll(r, maxMeta)
}

func readAll(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = errs.New(errs.TooLarge, "it has more than %d bytes", most)
	}
	return b, err
}

// folders lists the folders in a folder, in order; none where it is not there.
func (f *files) folders(name string) (list []string) {
	entries, err := fs.ReadDir(f.root.FS(), name)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() {
			list = append(list, e.Name())
		}
	}
	return list
}

// texts reads a folder whose files are keys with values; keys may have slashes.
func (f *files) texts(dir, kind, owner string) map[string]string {
	out := map[string]string{}
	f.walk(dir, func(key, name string, _ int64) {
		b, err := f.read(name)
		if err != nil {
			f.opts.Left("part of a "+kind, owner, err.Error())
			return
		}
		out[key] = string(b)
	})
	return out
}

// walk calls fn for every file below a folder, with its name below it.
func (f *files) walk(dir string, fn func(key, name string, size int64)) {
	fs.WalkDir(f.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a folder that is not there is empty
		}
		info, err := d.Info()
		if err == nil {
			fn(strings.TrimPrefix(name, dir+"/"), name, info.Size())
		}
		return nil
	})
}

// Experiments implements Source.
func (f *files) Experiments(ctx context.Context) (list []run.Experiment, err error) {
	for _, parent := range []string{".", trash} {
		for _, id := range f.folders(parent) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if !decimal(id) {
				continue
			}
			dir := path.Join(parent, id)
			m, err := f.readMeta(path.Join(dir, metaFile))
			if err != nil {
				f.opts.Left("experiment", id, err.Error())
				continue
			}
			f.dirs[id] = dir
			e := run.Experiment{
				ID: id, Name: m.text("name"), Location: m.text("artifact_location"), Lifecycle: lifecycleOf(m.text("lifecycle_stage")),
				Tags: f.texts(path.Join(dir, "tags"), "experiment", id), CreatedAt: m.moment("creation_time"), UpdatedAt: m.moment("last_update_time"),
			}
			if e.Name == "" {
				e.Name = "experiment " + id
			}
			if parent == trash {
				e.Lifecycle = run.Deleted
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// reserved are folders of an experiment that are no runs.
var reserved = []string{"tags", "datasets", "traces", "models", trash}

// Runs implements Source.
func (f *files) Runs(ctx context.Context, experiment string, fn func(Run) error) error {
	dir := f.dirs[experiment]
	f.measure(dir)
	datasets := f.datasets(dir)
	for _, name := range f.folders(dir) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if slices.Contains(reserved, name) || strings.HasPrefix(name, ".") {
			continue
		}
		r, err := f.run(path.Join(dir, name), experiment, datasets)
		if err != nil {
			if errs.Is(err, errs.NotFound) && len(f.folders(path.Join(dir, name))) == 0 {
				continue // an empty folder is no run
			}
			f.opts.Left("run", name, err.Error())
			continue
		}
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// statuses are the numbers that a meta.yaml has for them.
var statuses = []string{"", run.Running, run.Queued, run.Finished, run.Failed, run.Killed}

func (f *files) run(dir, experiment string, datasets map[string]run.Input) (r Run, err error) {
	m, err := f.readMeta(path.Join(dir, metaFile))
	if err != nil {
		return r, err
	}
	id := m.text("run_id", "run_uuid")
	if id == "" {
		return r, errs.New(errs.Corrupt, "its meta.yaml has no run_id")
	}
	r = Run{URI: m.text("artifact_uri"), inside: dir, Run: run.Run{
		ID: id, ExperimentID: experiment, Name: m.text("run_name", "name"), User: m.text("user_id"), Status: statusOf(m.text("status")), Lifecycle: lifecycleOf(m.text("lifecycle_stage")),
		StartedAt: m.moment("start_time"), EndedAt: m.moment("end_time"), DeletedAt: m.moment("deleted_time"),
		Params: f.texts(path.Join(dir, "params"), "run", id), Tags: f.texts(path.Join(dir, "tags"), "run", id),
	}}
	if n, ok := m.whole("status"); ok && n > 0 && n < int64(len(statuses)) {
		r.Status = statuses[n]
	}
	f.links(dir, &r, datasets)
	f.walk(path.Join(dir, "metrics"), func(key, _ string, size int64) { r.Mark += fmt.Sprintf("%s:%d\n", key, size) })
	r.complete()
	return r, nil
}

// datasets reads those of an experiment, by the name of their folder.
func (f *files) datasets(dir string) map[string]run.Input {
	all := map[string]run.Input{}
	for _, id := range f.folders(path.Join(dir, "datasets")) {
		m, err := f.readMeta(path.Join(dir, "datasets", id, metaFile))
		if err != nil {
			f.opts.Left("dataset", id, err.Error())
			continue
		}
		all[id] = run.Input{
			Dataset: run.Dataset{Name: m.text("name"), Digest: m.text("digest")}, SourceType: m.text("source_type"), Source: m.text("source"),
			Schema: m.text("schema"), Profile: m.text("profile"),
		}
	}
	return all
}

// links reads the datasets and logged models that went in and came out.
func (f *files) links(dir string, r *Run, datasets map[string]run.Input) {
	for _, id := range f.folders(path.Join(dir, "inputs")) {
		m, err := f.readMeta(path.Join(dir, "inputs", id, metaFile))
		if err != nil {
			f.opts.Left("part of a run", r.ID, err.Error())
			continue
		}
		source := m.text("source_id")
		if strings.Contains(m.text("source_type"), "MODEL") {
			r.ModelInputs = append(r.ModelInputs, source)
			continue
		}
		in, ok := datasets[source]
		if !ok {
			f.opts.Left("part of a run", r.ID, fmt.Sprintf("its dataset %.80q is not in the store", source))
			continue
		}
		in.Tags = map[string]string{}
		for k, v := range m.inner("tags") {
			in.Tags[k] = fmt.Sprint(v)
		}
		r.Inputs = append(r.Inputs, in)
	}
	for _, id := range f.folders(path.Join(dir, "outputs")) {
		m, err := f.readMeta(path.Join(dir, "outputs", id, metaFile))
		if err != nil {
			f.opts.Left("part of a run", r.ID, err.Error())
			continue
		}
		step, _ := m.whole("step")
		r.ModelOutputs = append(r.ModelOutputs, run.ModelOutput{ModelID: id, Step: step})
	}
}

// Files implements Source. The artifacts of a run are usually in its own folder, also
// where the store was moved and addresses are old.
func (f *files) Files(_ context.Context, o Owner) (Tree, error) {
	t, err := f.places.open(o)
	if t != nil {
		return t, err
	}
	dir := ""
	switch o.Kind {
	case "run":
		dir = path.Join(f.dirs[o.Experiment], o.ID, "artifacts")
	case "model", "trace":
		dir = path.Join(f.dirs[o.Experiment], o.Kind+"s", o.ID, "artifacts")
	}
	if dir == "" || !fs.ValidPath(dir) {
		return nil, err
	}
	root, e := f.root.OpenRoot(dir)
	if e != nil {
		return nil, err
	}
	return &folder{root}, nil
}

// Datasets implements Source: file stores have none.
func (f *files) Datasets(context.Context, func(Dataset) error) error { return nil }

// Scorers implements Source: file stores have none.
func (f *files) Scorers(context.Context, string, func(evaluation.Scorer) error) error { return nil }
