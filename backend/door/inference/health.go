package inference

import (
	"net/http"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
)

// server describes the program.
func (d *Door) server(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"name": "rondo", "version": d.opts.Version, "extensions": []string{"binary_tensor_data", "model_repository"}})
}

func (d *Door) live(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"live": true})
}

// ready says whether every endpoint that has something to serve can answer. It
// holds both fields because clients disagree on which they read.
func (d *Door) ready(w http.ResponseWriter, req *http.Request) {
	all, err := d.opts.Serve.Endpoints(req.Context())
	if err != nil {
		fail(w, req, err)
		return
	}
	code := http.StatusOK
	for _, e := range all {
		if e.Deployment.State == serve.Loading {
			code = http.StatusServiceUnavailable
		}
	}
	answer(w, code, map[string]any{"name": "rondo", "live": true, "ready": code == http.StatusOK})
}

func (d *Door) models(w http.ResponseWriter, req *http.Request) {
	all, err := d.opts.Serve.Endpoints(req.Context())
	if err != nil {
		fail(w, req, err)
		return
	}
	names := []string{}
	for _, e := range all {
		names = append(names, e.Name)
	}
	answer(w, http.StatusOK, map[string]any{"models": names})
}

// repository lists the endpoints as Triton's model repository does.
func (d *Door) repository(w http.ResponseWriter, req *http.Request) {
	all, err := d.opts.Serve.Endpoints(req.Context())
	if err != nil {
		fail(w, req, err)
		return
	}
	list := []map[string]string{}
	for _, e := range all {
		m := map[string]string{"name": e.Name, "state": "UNAVAILABLE", "reason": e.Deployment.Reason}
		if e.Deployment.Version > 0 {
			m["version"], m["state"] = strconv.Itoa(e.Deployment.Version), "READY"
		}
		list = append(list, m)
	}
	answer(w, http.StatusOK, list)
}

// endpoint finds the endpoint of the address and holds its version against the
// address's.
func (d *Door) endpoint(req *http.Request) (serve.Endpoint, error) {
	version, err := versionOf(req)
	if err != nil {
		return serve.Endpoint{}, err
	}
	e, err := d.opts.Serve.Endpoint(req.Context(), req.PathValue("model"))
	if err == nil && version != 0 && version != e.Deployment.Version {
		err = errs.New(errs.NotFound, "endpoint %q serves version %d, not version %d", e.Name, e.Deployment.Version, version)
	}
	return e, err
}

func (d *Door) modelReady(w http.ResponseWriter, req *http.Request) {
	e, err := d.endpoint(req)
	if err != nil {
		fail(w, req, err)
		return
	}
	code := http.StatusOK
	if e.Deployment.Version == 0 {
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	answer(w, code, map[string]any{"name": e.Name, "ready": code == http.StatusOK})
}

// port is an input or output as the protocol describes it.
type port struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
}

func ports(cols []runtime.Column) []port {
	list := []port{}
	for _, c := range cols {
		p := port{Name: c.Name, Datatype: datatypes[c.Type], Shape: c.Shape}
		if p.Shape == nil {
			p.Shape = []int{-1}
		}
		list = append(list, p)
	}
	return list
}

func (d *Door) model(w http.ResponseWriter, req *http.Request) {
	e, err := d.endpoint(req)
	if err == nil && e.Signature == nil {
		err = errs.New(errs.Unavailable, "endpoint %q cannot answer yet: %s", e.Name, e.Deployment.Reason)
	}
	if err != nil {
		fail(w, req, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"name": e.Name, "versions": []string{strconv.Itoa(e.Deployment.Version)}, "platform": "rondo_" + e.Deployment.Flavor,
		"inputs": ports(e.Signature.Inputs), "outputs": ports(e.Signature.Outputs),
	})
}
