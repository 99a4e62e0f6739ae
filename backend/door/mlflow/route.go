package mlflow

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// call answers an operation whose request is a message and whose answer is JSON.
type call func(ctx context.Context, in message) (any, error)

// stream answers an operation that carries a file.
type stream func(w http.ResponseWriter, req *http.Request, in message) error

// route is one line of the protocol: an address, what its request may hold, who answers.
type route struct {
	method, path string
	bare         bool // without prefix and version
	in           schema
	call         call
	stream       stream
	body         bool // a stream's message is its body, not its query

	// quick reads a body of the usual form without the schema; ok is false for any other.
	quick func(b []byte) (m message, ok bool)
}

func get(path string, c call, in ...field) route {
	return route{method: http.MethodGet, path: path, in: in, call: c}
}

func post(path string, c call, in ...field) route {
	return route{method: http.MethodPost, path: path, in: in, call: c}
}

// quickly adds a way to read bodies of the usual form.
func quickly(r route, read func(b []byte) (message, bool)) route {
	r.quick = read
	return r
}

func patch(path string, c call, in ...field) route {
	return route{method: http.MethodPatch, path: path, in: in, call: c}
}

func remove(path string, c call, in ...field) route {
	return route{method: http.MethodDelete, path: path, in: in, call: c}
}

// file is a route whose answer or request is a file.
func file(method, path string, s stream, in ...field) route {
	return route{method: method, path: path, in: in, stream: s}
}

// match compares a path with the route's and returns what stands for {name} and {name...}.
// The path is still escaped, so that an escaped slash does not end a segment.
func (r *route) match(path string) (map[string]string, bool) {
	var values map[string]string
	want, have := r.path, path
	for {
		i := strings.IndexByte(want, '{')
		if i < 0 {
			return values, want == have
		}
		name, rest, _ := strings.Cut(want[i+1:], "}")
		if !strings.HasPrefix(have, want[:i]) {
			return nil, false
		}
		value := have[i:]
		name, all := strings.CutSuffix(name, "...")
		if end := strings.IndexByte(value, '/'); !all && end >= 0 {
			value = value[:end]
		}
		plain, err := url.PathUnescape(value)
		if err != nil || plain == "" {
			return nil, false
		}
		if values == nil {
			values = map[string]string{}
		}
		values[name] = plain
		want, have = rest, have[i+len(value):]
	}
}

// answer reads the request, calls who is responsible and writes what comes back.
func (d *Door) answer(w http.ResponseWriter, req *http.Request, r *route, values map[string]string) {
	in, err := r.read(w, req, values)
	if err == nil && r.stream != nil {
		err = r.stream(w, req, in)
	} else if err == nil {
		var out any
		if out, err = r.call(req.Context(), in); err == nil {
			writeJSON(w, http.StatusOK, out)
		}
	}
	if err != nil && d.opts.Explain != nil {
		err = d.opts.Explain(err)
	}
	if err != nil {
		fail(w, req, err)
	}
}
