package mlflow

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"path"

	"rondo/backend/errs"
	"rondo/backend/run"
)

// artifactRoutes are the addresses by owner, which MLflow's pages use.
func (d *Door) artifactRoutes() []route {
	id := need(text("run_id"))
	model := need(text("model_id"))
	page := func(r route) route { r.bare = true; return r }
	return []route{
		get("/mlflow/artifacts/list", d.listArtifacts, id, text("path"), text("page_token")),
		get("/mlflow/logged-models/{model_id}/artifacts/directories", d.listLoggedArtifacts, model, text("artifact_directory_path"), text("page_token")),
		file(http.MethodGet, "/mlflow/logged-models/{model_id}/artifacts/files", d.getLoggedArtifact, model, need(text("artifact_file_path"))),
		file(http.MethodPost, "/mlflow/upload-artifact", d.uploadArtifact, text("run_id"), text("path")),
		page(file(http.MethodGet, "/get-artifact", d.getArtifact, id, need(text("path")))),
		page(file(http.MethodGet, "/model-versions/get-artifact", d.getVersionArtifact, need(text("name")), need(text("version")), need(text("path")))),
	}
}

type fileInfo struct {
	Path string `json:"path"`
	Dir  bool   `json:"is_dir"`
	Size *int64 `json:"file_size,omitempty"`
}

type fileList struct {
	Root  string     `json:"root_uri,omitempty"`
	Files []fileInfo `json:"files,omitempty"`
}

func wireFile(f run.File, name string) fileInfo {
	out := fileInfo{Path: name, Dir: f.Dir}
	if !f.Dir {
		out.Size = &f.Size
	}
	return out
}

// list lists a folder; names are below the root of their owner.
func (d *Door) list(ctx context.Context, owner, folder, uri string) (any, error) {
	if err := checkPath(folder); err != nil {
		return nil, err
	}
	files, err := d.opts.Runs.ListArtifacts(ctx, owner, folder)
	out := fileList{Root: uri}
	for _, f := range files {
		out.Files = append(out.Files, wireFile(f, path.Join(folder, path.Base(f.Path))))
	}
	return out, err
}

func (d *Door) listArtifacts(ctx context.Context, in message) (any, error) {
	r, err := d.opts.Runs.Get(ctx, in.text("run_id"))
	if err != nil {
		return nil, err
	}
	return d.list(ctx, r.ID, in.text("path"), runURI(r.ExperimentID, r.ID))
}

func (d *Door) listLoggedArtifacts(ctx context.Context, in message) (any, error) {
	m, err := d.opts.Runs.LoggedModel(ctx, in.text("model_id"))
	if err != nil {
		return nil, err
	}
	return d.list(ctx, m.ID, in.text("artifact_directory_path"), loggedURI(m.ExperimentID, m.ID))
}

func (d *Door) getArtifact(w http.ResponseWriter, req *http.Request, in message) error {
	return d.sendOwned(w, req, in.text("run_id"), in.text("path"))
}

func (d *Door) getLoggedArtifact(w http.ResponseWriter, req *http.Request, in message) error {
	return d.sendOwned(w, req, in.text("model_id"), in.text("artifact_file_path"))
}

func (d *Door) getVersionArtifact(w http.ResponseWriter, req *http.Request, in message) error {
	n, err := versionNumber(in.text("version"))
	if err != nil {
		return err
	}
	if err := checkPath(in.text("path")); err != nil {
		return err
	}
	return d.sendVersion(w, req, place{model: in.text("name"), version: n, path: in.text("path")})
}

// uploadArtifact is how MLflow's pages send a small file.
func (d *Door) uploadArtifact(w http.ResponseWriter, req *http.Request, in message) error {
	switch {
	case in.text("run_id") == "":
		return errs.New(errs.Invalid, "Request must specify run_uuid.")
	case in.text("path") == "":
		return errs.New(errs.Invalid, "Request must specify path.")
	}
	if err := checkPath(in.text("path")); err != nil {
		return err
	}
	body := bufio.NewReader(http.MaxBytesReader(w, req.Body, maxPageUpload))
	if _, err := body.Peek(1); err != nil {
		return errs.New(errs.Invalid, "Request must specify data.")
	}
	_, err := d.opts.Runs.PutArtifact(req.Context(), in.text("run_id"), in.text("path"), body)
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return errs.New(errs.Invalid, "Artifact size is too large. Max size is 10MB.")
	}
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, nothing{})
	return nil
}

const maxPageUpload = 10 << 20
