// Package api is the native HTTP API of the control listener: JSON in, JSON out,
// one handler file per noun, the nouns' own types on the wire. It holds no logic
// of its own. routes.go shows the whole surface; openapi.json is made from it.
package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ledger"
)

// Prefix is in front of every route of this package.
const Prefix = "/api/v1"

// Route is one registered operation, for the OpenAPI document and the guard's test.
type Route struct {
	Method, Path, Doc string
	In, Out           reflect.Type // nil for a raw route
}

// Router collects routes on a ServeMux.
type Router struct {
	mux     *http.ServeMux
	Routes  []Route
	Explain func(error) error // adds to the way out of a failure; nil: nothing
}

// NewRouter returns an empty router.
func NewRouter() *Router { return &Router{mux: http.NewServeMux()} }

// ServeHTTP implements http.Handler.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.mux.ServeHTTP(w, req) }

func (r *Router) add(route Route, h http.HandlerFunc) {
	r.Routes = append(r.Routes, route)
	r.mux.HandleFunc(route.Method+" "+Prefix+route.Path, h)
}

// Handler answers one operation: In is filled from path, query and body.
type Handler[In, Out any] func(ctx context.Context, in In) (Out, error)

// Get registers a reading operation.
func Get[In, Out any](r *Router, path string, h Handler[In, Out]) {
	handle(r, http.MethodGet, path, h)
}

// Post registers an operation that acts.
func Post[In, Out any](r *Router, path string, h Handler[In, Out]) {
	handle(r, http.MethodPost, path, h)
}

// Put registers an operation that sets.
func Put[In, Out any](r *Router, path string, h Handler[In, Out]) {
	handle(r, http.MethodPut, path, h)
}

// Patch registers an operation that changes a part.
func Patch[In, Out any](r *Router, path string, h Handler[In, Out]) {
	handle(r, http.MethodPatch, path, h)
}

// Delete registers an operation that removes.
func Delete[In, Out any](r *Router, path string, h Handler[In, Out]) {
	handle(r, http.MethodDelete, path, h)
}

// Raw registers a handler for streams and files. One that returns an error has written nothing; it is
// answered like that of any operation.
func Raw(r *Router, method, path string, h func(http.ResponseWriter, *http.Request) error, doc string) {
	r.add(Route{Method: method, Path: path, Doc: doc}, func(w http.ResponseWriter, req *http.Request) {
		if err := h(w, req); err != nil {
			r.fail(w, req, err)
		}
	})
}

// fail answers with err, and the way out as far as the machine tells one.
func (r *Router) fail(w http.ResponseWriter, req *http.Request, err error) {
	if r.Explain != nil {
		err = r.Explain(err)
	}
	WriteError(w, req, err)
}

// Nothing is the input or output of an operation without one.
type Nothing struct{}

func handle[In, Out any](r *Router, method, path string, h Handler[In, Out]) {
	route := Route{Method: method, Path: path, In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out]()}
	r.add(route, func(w http.ResponseWriter, req *http.Request) {
		var in In
		if err := decode(req, &in); err != nil {
			WriteError(w, req, err)
			return
		}
		out, err := h(withActor(req), in)
		if err != nil {
			r.fail(w, req, err)
			return
		}
		WriteJSON(w, http.StatusOK, out)
	})
}

// withActor names the caller for the history: X-Rondo-Actor where the client says
// it, else what kind of client it is. It is a label, not a proof of identity.
func withActor(req *http.Request) context.Context {
	who := req.Header.Get("X-Rondo-Actor")
	if who == "" || len(who) > 80 || strings.ContainsAny(who, "\r\n") {
		who = "api"
		if req.Header.Get("Sec-Fetch-Site") != "" {
			who = "ui"
		}
	}
	return ledger.WithActor(req.Context(), who)
}

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status = http.StatusInternalServerError
		b, _ = json.Marshal(failure{body(errs.New(errs.Internal, "the answer cannot be written as JSON"))})
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}
