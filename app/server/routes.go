package server

import (
	"net/http"
	"strings"

	"rondo/backend/api"
	"rondo/backend/errs"
)

// controlRoutes joins what answers on the control listener: the native API, the
// protocols that track and register, and the UI for the rest.
func (s *Server) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", s.house.upToDateFor(s.house.api))
	mux.HandleFunc("/api/", noRoute)
	s.house.doors.controlRoutes(mux)
	mux.Handle("/", ui{s.opts.UI})
	return mux
}

// upToDateFor has requests answered by rondo.yaml as it lies there.
func (h *house) upToDateFor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h.upToDate(req.Context())
		next.ServeHTTP(w, req)
	})
}

// servingRoutes joins what answers on the serving listener.
func (s *Server) servingRoutes() http.Handler {
	mux := http.NewServeMux()
	s.house.doors.servingRoutes(mux)
	return mux
}

func noRoute(w http.ResponseWriter, req *http.Request) {
	api.WriteError(w, req, errs.New(errs.NotFound, "nothing answers at %s", req.URL.Path).WithHint("docs/openapi.json lists what does"))
}

const maxUpload = 64 << 30 // bytes of one artifact

// uploadLimit is the size of a body that carries a file; 0 means the usual limit.
func uploadLimit(req *http.Request) int64 {
	if req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/mlflow-artifacts/") {
		return maxUpload
	}
	if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/upload-artifact") {
		return maxUpload
	}
	return 0
}
