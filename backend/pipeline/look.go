package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// eyes look at files of one project and remember what has not changed since.
type eyes struct {
	dir string

	mu    sync.Mutex
	known map[string]glance
}

type glance struct {
	stamp  store.Stamp
	digest ref.Digest
	at     time.Time
}

func newEyes(dir string) *eyes { return &eyes{dir: dir, known: map[string]glance{}} }

// errGone is a file or folder that is not there.
var errGone = errs.New(errs.NotFound, "it is not there")

// look returns what lies at a path; errGone where nothing does. Links that lead out
// of the project are not followed.
func (e *eyes) look(ctx context.Context, p string) (Artifact, error) {
	full, err := e.resolve(p)
	if err != nil {
		return Artifact{}, err
	}
	info, err := os.Stat(full)
	if err != nil {
		return Artifact{}, err
	}
	if !info.IsDir() {
		d, err := e.file(ctx, full, info)
		return Artifact{Path: p, Digest: d, Size: info.Size()}, err
	}
	tree, err := (&store.Store{}).TreeOf(ctx, full, func(rel string, fi fs.FileInfo) (ref.Digest, bool) {
		return e.remembered(filepath.Join(full, filepath.FromSlash(rel)), fi)
	})
	if err != nil {
		return Artifact{}, err
	}
	d, err := store.DigestOf(tree)
	return Artifact{Path: p, Digest: d, Size: tree.Size(), Tree: true}, err
}

// resolve follows links and insists that the end of them is inside the project.
func (e *eyes) resolve(p string) (string, error) {
	base, err := filepath.EvalSymlinks(e.dir)
	if err != nil {
		return "", err
	}
	full, err := filepath.EvalSymlinks(filepath.Join(base, filepath.FromSlash(p)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", errGone
	}
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(base, full); err != nil || !filepath.IsLocal(rel) {
		return "", errs.New(errs.Denied, "%s is a link that leads out of the project", p).WithHint("put the file itself there")
	}
	return full, nil
}

func (e *eyes) remembered(full string, fi fs.FileInfo) (ref.Digest, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g, ok := e.known[full]
	return g.digest, ok && g.stamp == store.StampOf(fi) && g.stamp.Settled(g.at)
}

func (e *eyes) file(ctx context.Context, full string, info fs.FileInfo) (ref.Digest, error) {
	if d, ok := e.remembered(full, info); ok {
		return d, nil
	}
	at := time.Now()
	d, _, err := store.HashFile(ctx, full)
	if err == nil {
		e.mu.Lock()
		e.known[full] = glance{store.StampOf(info), d, at}
		e.mu.Unlock()
	}
	return d, err
}

// params reads what a stage depends on, as text by file:key; params.yaml's by key alone.
func params(dir, wdir string, list project.Params) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range list {
		name, err := inside("", wdir, p.File)
		if err != nil {
			return nil, err
		}
		values, err := project.ReadParams(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		prefix := ""
		if name != project.DefaultParams {
			prefix = name + ":"
		}
		if err := pick(out, prefix, name, values, p.Keys); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func pick(out map[string]string, prefix, file string, values project.Values, keys []string) error {
	if len(keys) == 0 {
		for k, v := range values.Flat() {
			out[prefix+k] = v
		}
	}
	for _, key := range keys {
		v, ok := values.Get(key)
		if !ok {
			return errs.New(errs.Precondition, "%s has no param %q", file, key).WithHint("add it there, or take it out of the stage's params in rondo.yaml")
		}
		m, nested := v.(map[string]any)
		if !nested {
			out[prefix+key] = project.Text(v)
			continue
		}
		for k, text := range project.Values(m).Flat() {
			out[prefix+key+"."+k] = text
		}
	}
	return nil
}
