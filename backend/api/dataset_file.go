package api

import (
	"cmp"
	"log/slog"
	"net/http"

	"rondo/backend/dataset"
)

type snapshotFile struct {
	snapshotNumber
	Path   string `query:"path"`   // empty where the snapshot is a single file
	Inline bool   `query:"inline"` // to be looked at, and no download
}

// snapshotFile serves a file of a snapshot, or a range of it. Nothing of it is kept on disk for that.
func (a *API) snapshotFile(w http.ResponseWriter, req *http.Request) error {
	var in snapshotFile
	snap, f, err := a.openSnapshotFile(req, &in)
	if err != nil {
		return err
	}
	defer f.Close()
	foreign(w.Header(), cmp.Or(f.File.Path, snap.Path), in.Inline)
	w.Header().Set("ETag", `"`+f.File.Digest.String()+`"`)
	http.ServeContent(w, req, "", snap.CreatedAt, f)
	if err := f.Failed(); err != nil {
		slog.Error("a download was cut", "path", req.URL.Path, "file", f.File.Path, "err", err)
		panic(http.ErrAbortHandler) // what has gone must not look whole
	}
	return nil
}

func (a *API) openSnapshotFile(req *http.Request, in *snapshotFile) (dataset.Snapshot, *dataset.Content, error) {
	if err := decode(req, in); err != nil {
		return dataset.Snapshot{}, nil, err
	}
	snap, err := a.findSnapshot(req.Context(), in.snapshotNumber)
	if err != nil {
		return snap, nil, err
	}
	f, err := a.Datasets.Content(req.Context(), snap, in.Path)
	return snap, f, err
}
