package mlflow

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/seals"
)

// proxyRoutes carry files by their address: this is what clients use.
func (d *Door) proxyRoutes() []route {
	const root = "/mlflow-artifacts/artifacts"
	list := get(root, d.listPlace, text("path"))
	return []route{
		list,
		file(http.MethodGet, root+"/{path...}", d.getPlace, text("path")),
		file(http.MethodPut, root+"/{path...}", d.putPlace, text("path")),
		file(http.MethodDelete, root+"/{path...}", d.deletePlace, text("path")),
	}
}

// listPlace lists a folder by its address. Names are without folders, as clients want
// here. What is not there is an empty folder: clients ask to find out.
func (d *Door) listPlace(ctx context.Context, in message) (any, error) {
	p, err := parsePlace(in.text("path"))
	if errs.Is(err, errs.NotFound) {
		return fileList{}, nil
	}
	if err != nil {
		return nil, err
	}
	var out fileList
	files, err := d.filesAt(ctx, p)
	for _, f := range files {
		out.Files = append(out.Files, wireFile(f, path.Base(f.Path)))
	}
	return out, err
}

func (d *Door) filesAt(ctx context.Context, p place) ([]run.File, error) {
	if p.model != "" {
		return d.listVersion(ctx, p)
	}
	if p.trace != "" {
		return d.listTrace(ctx, p)
	}
	files, err := d.opts.Runs.ListArtifacts(ctx, p.owner, p.path)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return files, err
}

// listVersion lists a folder of a version from its tree, without touching its content.
func (d *Door) listVersion(ctx context.Context, p place) (files []run.File, err error) {
	v, err := d.opts.Registry.Version(ctx, p.model, p.version)
	if err != nil {
		return nil, err
	}
	if err := held(v); err != nil {
		return nil, err
	}
	tree, err := d.opts.Store.OpenTree(ctx, v.Digest)
	if err != nil {
		return nil, err
	}
	prefix, seen := p.path, map[string]bool{}
	if prefix != "" {
		prefix += "/"
	}
	for _, f := range tree.Files {
		rest, ok := strings.CutPrefix(f.Path, prefix)
		if !ok || rest == "" {
			continue
		}
		name, _, dir := strings.Cut(rest, "/")
		if seen[name] {
			continue
		}
		seen[name] = true
		files = append(files, run.File{Path: name, Dir: dir, Size: f.Size})
	}
	slices.SortFunc(files, func(a, b run.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

func (d *Door) getPlace(w http.ResponseWriter, req *http.Request, in message) error {
	p, err := parsePlace(in.text("path"))
	switch {
	case err != nil:
		return err
	case p.model != "":
		return d.sendVersion(w, req, p)
	case p.trace != "":
		return d.sendTrace(w, req, p)
	}
	return d.sendOwned(w, req, p.owner, p.path)
}

func (d *Door) sendOwned(w http.ResponseWriter, req *http.Request, owner, name string) error {
	if err := checkPath(name); err != nil {
		return err
	}
	f, info, err := d.opts.Runs.OpenArtifact(req.Context(), owner, name)
	if err != nil {
		return err
	}
	defer f.Close()
	send(w, req, name, info.MTime, f)
	return nil
}

// held refuses with the reason where a version holds no files; to a client they are not found.
func held(v registry.Version) error {
	err := v.Held()
	if err == nil {
		return nil
	}
	return errs.New(errs.NotFound, "%w", err).WithHint("%s", errs.HintOf(err))
}

// sendVersion sends a file of a version out of its verified copy on this device.
func (d *Door) sendVersion(w http.ResponseWriter, req *http.Request, p place) error {
	v, err := d.opts.Registry.Version(req.Context(), p.model, p.version)
	if err == nil {
		err = held(v)
	}
	if err != nil {
		return err
	}
	dir, err := d.opts.Registry.Materialise(req.Context(), p.model, p.version)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.Open(p.path)
	if err != nil {
		return noFile(err, p)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return noFile(fs.ErrNotExist, p)
	}
	send(w, req, p.path, info.ModTime(), f)
	return nil
}

func noFile(err error, p place) error {
	if errors.Is(err, fs.ErrPermission) {
		return errs.Wrap(errs.Unavailable, err, "%s of version %d of %s cannot be read now", p.path, p.version, p.model)
	}
	return errs.New(errs.NotFound, "version %d of %s has no file %s", p.version, p.model, short(p.path, 200))
}

// send answers with a file, or the part of it that was asked for. No browser may take
// it for a page: what runs log is not ours.
func send(w http.ResponseWriter, req *http.Request, name string, at time.Time, f io.ReadSeeker) {
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", "attachment; "+fileName(path.Base(name)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	http.ServeContent(w, req, "", at, f)
	cut(req, name, f)
}

// cut ends the connection where a file turned out to be damaged on the way: what has gone must
// not look whole.
func cut(req *http.Request, name string, f io.ReadSeeker) {
	if err := seals.Found(f); err != nil {
		slog.Error("a download was cut", "path", req.URL.Path, "file", name, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// fileName is a parameter of Content-Disposition: a plain name as it is, any other escaped.
func fileName(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == "" {
		return "filename=" + name
	}
	return "filename*=UTF-8''" + url.PathEscape(name)
}

func (d *Door) putPlace(w http.ResponseWriter, req *http.Request, in message) error {
	p, err := d.writable(in)
	if err != nil {
		return err
	}
	if p.trace != "" {
		return d.putTrace(w, req, p)
	}
	if req.ContentLength > d.opts.MaxUpload {
		return fileTooLarge(d.opts.MaxUpload)
	}
	_, err = d.opts.Runs.PutArtifact(req.Context(), p.owner, p.path, http.MaxBytesReader(w, req.Body, d.opts.MaxUpload))
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fileTooLarge(big.Limit)
	}
	if errs.Is(err, errs.TooLarge) {
		return &refusal{"INVALID_PARAMETER_VALUE", http.StatusRequestEntityTooLarge, err.Error()}
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, nothing{})
	return nil
}

func fileTooLarge(limit int64) error {
	return tooLarge("the file", limit, "that is the most one artifact may have")
}

func (d *Door) deletePlace(w http.ResponseWriter, req *http.Request, in message) error {
	p, err := d.writable(in)
	if err != nil {
		return err
	}
	if p.trace != "" {
		return errs.New(errs.Denied, "the files of trace %s go with it", short(p.trace, 128)).WithHint("delete the trace")
	}
	err = d.opts.Runs.DeleteArtifact(req.Context(), p.owner, p.path)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	writeJSON(w, http.StatusOK, nothing{})
	return nil
}

// writable says where a request may write: below a run or logged model, nowhere else.
func (d *Door) writable(in message) (place, error) {
	p, err := parsePlace(in.text("path"))
	if err == nil && p.model != "" {
		return p, errs.New(errs.Denied, "version %d of %s never changes", p.version, p.model).WithHint("register a new version")
	}
	if err == nil && p.path == "" {
		return p, errs.New(errs.Invalid, "the path names no file below the artifacts of %s", p.owner)
	}
	return p, err
}
