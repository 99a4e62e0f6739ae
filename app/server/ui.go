package server

import (
	"io/fs"
	"net/http"
	"path"
	"strings"

	"rondo/backend/api"
	"rondo/backend/errs"
)

// ui serves the built frontend. Addresses without a file are pages of the app
// itself and get its index.
type ui struct{ files fs.FS }

func (u ui) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		api.WriteError(w, req, errs.New(errs.NotFound, "nothing answers %s at %s", req.Method, req.URL.Path))
		return
	}
	name := strings.TrimPrefix(path.Clean(req.URL.Path), "/")
	switch {
	case u.has(name):
	case path.Ext(name) != "" || !u.has("index.html"):
		u.missing(w, req, name)
		return
	default:
		name = "index.html"
	}
	if strings.HasPrefix(name, "assets/") { // named by their content
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	http.ServeFileFS(w, withoutIndexRedirect(req), u.files, name)
}

// withoutIndexRedirect hides the address from http.ServeFileFS, which would send
// ".../index.html" elsewhere.
func withoutIndexRedirect(req *http.Request) *http.Request {
	r := req.Clone(req.Context())
	r.URL.Path = "/"
	return r
}

func (u ui) has(name string) bool {
	if u.files == nil || name == "" || name == ".gitkeep" {
		return false
	}
	info, err := fs.Stat(u.files, name)
	return err == nil && !info.IsDir()
}

func (u ui) missing(w http.ResponseWriter, req *http.Request, name string) {
	err := errs.New(errs.NotFound, "there is no page or file at /%s", name)
	if !u.has("index.html") {
		err = errs.New(errs.Unavailable, "this Rondo was built without its pages").WithHint("build it with `make build`")
	}
	api.WriteError(w, req, err)
}
