// Package mlflow answers MLflow's REST protocol: tracking, artifacts and registry, as
// the unchanged `mlflow` client speaks it. Their words outside, our nouns inside; what
// a run or a version is, is decided elsewhere. One file per noun; the guard (token,
// host, origin) stands in front of it.
package mlflow

import (
	"net/http"
	"strings"
	"sync"

	"rondo/backend/evaluation"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/store"
	"rondo/backend/trace"
	"rondo/backend/webhook"
)

// Version is the version of MLflow whose protocol this is.
const Version = "3.17.2"

// MaxUpload is the largest artifact that one request may bring, unless Options say otherwise.
const MaxUpload = 1 << 40

// Options say what the door opens to.
type Options struct {
	Runs       *run.Service
	Registry   *registry.Service
	Traces     *trace.Service
	Evaluation *evaluation.Service
	Webhooks   *webhook.Service
	Store      *store.Store // where the content of versions is
	MaxUpload  int64        // bytes of one artifact; 0: MaxUpload

	Explain func(error) error // adds to the way out of a failure; nil: nothing
}

// Door is the protocol's http.Handler.
type Door struct {
	opts   Options
	routes []route
	lists  sync.Mutex // one writer of the tags that hold lists
}

// New returns the door.
func New(opts Options) *Door {
	if opts.MaxUpload == 0 {
		opts.MaxUpload = MaxUpload
	}
	d := &Door{opts: opts}
	for _, list := range [][]route{
		d.aboutRoutes(), d.experimentRoutes(), d.runRoutes(), d.logRoutes(), d.inputRoutes(), d.metricRoutes(),
		d.artifactRoutes(), d.proxyRoutes(), d.multipartRoutes(), d.modelRoutes(), d.aliasRoutes(), d.versionRoutes(), d.loggedRoutes(),
		d.traceRoutes(), d.traceMetricRoutes(), d.assessmentRoutes(), d.otlpRoutes(), d.evaluationRoutes(), d.scorerRoutes(), d.webhookRoutes(), d.graphqlRoutes(),
	} {
		d.routes = append(d.routes, list...)
	}
	return d
}

// prefixes are in front of every route but the bare ones: clients use the first, MLflow's pages the second.
var prefixes = []string{"/api", "/ajax-api"}

// Routes lists every method and path that is answered, as "GET /api/2.0/mlflow/runs/get";
// {name} stands for one segment and {name...} for all that follow.
func (d *Door) Routes() (list []string) {
	for _, r := range d.routes {
		if r.bare {
			list = append(list, r.method+" "+r.path)
			continue
		}
		for _, p := range prefixes {
			list = append(list, r.method+" "+p+"/2.0"+r.path, r.method+" "+p+"/3.0"+r.path)
		}
	}
	return list
}

// Patterns are what a ServeMux hands to the door: every address that clients of the
// protocol may ask for, also those that are refused here in clear words.
func (d *Door) Patterns() []string {
	return []string{"/api/2.0/", "/api/3.0/", "/ajax-api/2.0/", "/ajax-api/3.0/", "/health", "/version", "/get-artifact", "/model-versions/get-artifact", "/v1/traces", "/graphql", "/gateway/"}
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	req = req.WithContext(ledger.WithActor(req.Context(), "mlflow"))
	path, bare := strip("/" + strings.TrimLeft(req.URL.EscapedPath(), "/"))
	allowed := false
	for i := range d.routes {
		r := &d.routes[i]
		values, ok := r.match(path)
		if !ok || r.bare != bare {
			continue
		}
		if allowed = true; r.method == req.Method {
			d.answer(w, req, r, values)
			return
		}
	}
	fail(w, req, noRoute(req, path, allowed))
}

// strip takes the prefix and version off a path; one without them is bare.
func strip(path string) (rest string, bare bool) {
	for _, p := range prefixes {
		for _, v := range []string{"/2.0/", "/3.0/"} {
			if rest, ok := strings.CutPrefix(path, p+v); ok {
				return "/" + rest, false
			}
		}
	}
	return path, true
}
