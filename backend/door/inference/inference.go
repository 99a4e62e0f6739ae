// Package inference answers predictions in other tools' words: the Open Inference
// Protocol v2 of Triton and KServe with its binary tensors, and MLflow's scoring
// protocol. What an endpoint routes to is serve's; the guard (token, host, origin)
// stands in front of the door.
package inference

import (
	"net/http"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/serve"
)

// MaxBody is the largest request, also after unpacking, unless Options say otherwise.
const MaxBody = 64 << 20

// Options say what the door opens to.
type Options struct {
	Serve   *serve.Service
	Version string // of this program
	MaxBody int64  // bytes of a request; 0: MaxBody
}

// Door is the protocols' http.Handler.
type Door struct {
	opts   Options
	mux    *http.ServeMux
	routes []Route
}

// Route is one operation, for a test that walks them all.
type Route struct{ Method, Path string }

// New returns the door.
func New(opts Options) *Door {
	if opts.MaxBody <= 0 {
		opts.MaxBody = MaxBody
	}
	d := &Door{opts: opts, mux: http.NewServeMux()}
	d.openInference()
	d.scoring()
	d.mux.HandleFunc("/", d.unknown)
	return d
}

// Routes lists every method and path that is answered.
func (d *Door) Routes() []Route { return append([]Route(nil), d.routes...) }

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, req *http.Request) { d.mux.ServeHTTP(w, req) }

func (d *Door) handle(method, path string, h http.HandlerFunc) {
	d.routes = append(d.routes, Route{method, path})
	d.mux.HandleFunc(method+" "+path, h)
}

func (d *Door) openInference() {
	d.handle(http.MethodGet, "/v2", d.server)
	d.handle(http.MethodGet, "/v2/health/live", d.live)
	d.handle(http.MethodGet, "/v2/health/ready", d.ready)
	d.handle(http.MethodGet, "/v2/models", d.models)
	d.handle(http.MethodPost, "/v2/repository/index", d.repository)
	for _, path := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		d.handle(http.MethodGet, path, d.model)
		d.handle(http.MethodGet, path+"/ready", d.modelReady)
		d.handle(http.MethodPost, path+"/infer", d.infer)
	}
}

func (d *Door) scoring() {
	for _, prefix := range []string{"", "/endpoints/{model}"} {
		d.handle(http.MethodGet, prefix+"/ping", d.ping)
		d.handle(http.MethodGet, prefix+"/health", d.ping)
		d.handle(http.MethodGet, prefix+"/version", d.version)
		d.handle(http.MethodPost, prefix+"/invocations", d.invoke)
	}
}

func (d *Door) unknown(w http.ResponseWriter, req *http.Request) {
	fail(w, req, errs.New(errs.NotFound, "nothing answers %s %.200s here", req.Method, req.URL.Path).
		WithHint("ask POST /v2/models/ENDPOINT/infer or POST /endpoints/ENDPOINT/invocations"))
}

// version reads the version of the address; 0 for the endpoint's own.
func versionOf(req *http.Request) (int, error) {
	text := req.PathValue("version")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "%.40q is no version number", text)
	}
	return n, nil
}
