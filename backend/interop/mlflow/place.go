package mlflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"rondo/backend/errs"
)

// Tree is the artifacts of one owner.
type Tree interface {
	// List calls fn for every file below a folder, "" for all of them. What cannot come
	// it tells left, with the reason.
	List(ctx context.Context, below string, fn func(File) error, left func(name, why string)) error
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	Close() error
}

// File is one artifact.
type File struct {
	Path string
	Size int64
	Mark string // changes with its content, as far as the source tells
}

// nowhere is the reason why an address cannot be followed.
type nowhere struct{ why string }

func (n *nowhere) Error() string { return n.why }

// places finds the folders that addresses of artifacts mean.
type places struct {
	base  string   // what relative addresses begin at
	roots []string // nothing outside of them is read
}

func newPlaces(base string, extra []string, own ...string) *places {
	p := &places{base: base}
	for _, r := range append(own, extra...) {
		if abs, err := filepath.Abs(r); err == nil {
			p.roots = append(p.roots, abs)
		}
	}
	return p
}

// open returns the tree at an address, nil where nothing was ever logged there.
func (p *places) open(o Owner) (Tree, error) {
	if o.URI == "" {
		return nil, nil
	}
	local, inside, err := localPath(o.URI)
	if err != nil {
		return nil, err
	}
	for _, at := range p.candidates(local, inside, o) {
		if t, err := p.tree(at); t != nil || err != nil {
			return t, err
		}
	}
	if inside || !filepath.IsAbs(local) {
		return nil, nil
	}
	if _, err := os.Stat(local); err == nil {
		return nil, &nowhere{fmt.Sprintf("its files are in %s, outside of what was named: --artifacts %s brings them", p.above(local, o), p.above(local, o))}
	}
	if above := p.above(local, o); above != local {
		if _, err := os.Stat(above); err != nil {
			return nil, &nowhere{fmt.Sprintf("its files were in %s, which is not there; where they were moved, --artifacts FOLDER says so", above)}
		}
	}
	return nil, nil
}

// above is the folder of all runs: where an address ends as MLflow ends them.
func (p *places) above(local string, o Owner) string {
	for _, tail := range []string{path.Join(o.Experiment, o.ID, "artifacts"), path.Join(o.Experiment, "models", o.ID, "artifacts"), path.Join(o.Experiment, "traces", o.ID, "artifacts")} {
		if head, ok := strings.CutSuffix(filepath.ToSlash(local), "/"+tail); ok && head != "" {
			return filepath.FromSlash(head)
		}
	}
	return local
}

// localPath reads an address. Inside says that it is below a server's root of artifacts.
func localPath(uri string) (local string, inside bool, err error) {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || len(scheme) == 1 || strings.ContainsAny(scheme, `/\`) { // a path, perhaps with a drive
		return filepath.FromSlash(uri), false, nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", false, &nowhere{fmt.Sprintf("its files are at %.200q, which is no address", uri)}
	}
	switch strings.ToLower(scheme) {
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return "", false, &nowhere{fmt.Sprintf("its files are on another machine, at %.200q", uri)}
		}
		local := u.Path
		if u.Opaque != "" {
			local = u.Opaque
		}
		if runtime.GOOS == "windows" {
			local = strings.TrimPrefix(local, "/")
		}
		return filepath.FromSlash(local), false, nil
	case "mlflow-artifacts":
		local := u.Path
		if u.Opaque != "" {
			local = u.Opaque
		}
		return strings.TrimLeft(local, "/"), true, nil
	}
	where := scheme + "://" + u.Host
	if u.Host == "" {
		where = scheme + ":" + strings.SplitN(rest, "?", 2)[0]
	}
	return "", false, &nowhere{fmt.Sprintf("its files are in %.200s, which Rondo does not read: import from a running `mlflow server`, which does", where)}
}

// candidates are where a tree may be: at its address, or below a root by the end of it,
// since stores are moved and keep their old addresses.
func (p *places) candidates(local string, inside bool, o Owner) (list []string) {
	switch {
	case inside:
	case filepath.IsAbs(local):
		list = append(list, local)
	default:
		list = append(list, filepath.Join(p.base, local))
	}
	var tails []string
	if inside {
		tails = append(tails, local)
	}
	switch o.Kind {
	case "run":
		tails = append(tails, path.Join(o.Experiment, o.ID, "artifacts"))
	case "model", "trace":
		tails = append(tails, path.Join(o.Experiment, o.Kind+"s", o.ID, "artifacts"))
	}
	for _, tail := range tails {
		if !filepath.IsLocal(filepath.FromSlash(tail)) {
			continue
		}
		for _, r := range p.roots {
			for _, middle := range []string{"", "mlartifacts", "mlruns"} {
				list = append(list, filepath.Join(r, middle, filepath.FromSlash(tail)))
			}
		}
	}
	return list
}

// tree opens a folder below one of the roots; nil where it is not there.
func (p *places) tree(at string) (Tree, error) {
	for _, r := range p.roots {
		rel, err := filepath.Rel(r, at)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		root, err := os.OpenRoot(r)
		if err != nil {
			continue
		}
		inner, err := root.OpenRoot(rel)
		root.Close()
		if err == nil {
			return &folder{inner}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && strings.Contains(err.Error(), "escapes") {
			return nil, &nowhere{"its folder of files is a link that leads out of " + r}
		}
	}
	return nil, nil
}

// folder is a tree on this machine.
type folder struct{ root *os.Root }

func (f *folder) Close() error { return f.root.Close() }

func (f *folder) List(ctx context.Context, below string, fn func(File) error, left func(name, why string)) error {
	if below == "" {
		below = "."
	}
	return fs.WalkDir(f.root.FS(), below, func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if name != below || !errors.Is(err, fs.ErrNotExist) {
				left(name, "cannot be read: "+err.Error())
			}
			return nil
		case d.IsDir():
			return nil
		}
		info, err := f.root.Stat(name) // which follows links that stay inside
		switch {
		case err != nil:
			left(name, "is a link that leads out of the folder or nowhere")
			return nil
		case !info.Mode().IsRegular():
			left(name, "is no file")
			return nil
		}
		return fn(File{name, info.Size(), fmt.Sprint(info.ModTime().UnixNano())})
	})
}

func (f *folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	info, err := f.root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errs.New(errs.Invalid, "%s is no file", name)
	}
	if err != nil {
		return nil, err
	}
	return f.root.Open(name)
}
