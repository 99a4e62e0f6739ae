package mlflow

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow/spanfile"
)

// maxBody bounds the JSON of one request. The largest honest one is a dataset with its 16 MB profile.
const maxBody = 32 << 20

// read makes the request's message: of its query for GET and for files, else of its body.
func (r *route) read(w http.ResponseWriter, req *http.Request, values map[string]string) (message, error) {
	var raw map[string]any
	var err error
	if req.Method == http.MethodGet || r.stream != nil && !r.body {
		raw, err = r.in.query(req)
	} else {
		var b []byte
		if b, err = body(w, req); err == nil && r.quick != nil {
			if m, ok := r.quick(b); ok {
				return m, nil
			}
		}
		if err == nil {
			raw, err = parse(b)
		}
	}
	if err != nil {
		return nil, err
	}
	for name, v := range values {
		raw[name] = v
	}
	m, err := r.in.fit("", raw)
	for name, v := range values {
		if m != nil {
			m[name] = v
		}
	}
	return m, err
}

// query reads parameters of the address as if they were JSON.
func (s schema) query(req *http.Request) (map[string]any, error) {
	q, raw := req.URL.Query(), map[string]any{}
	if s.takes("run_id") && !q.Has("run_id") && q.Has("run_uuid") {
		q["run_id"] = q["run_uuid"]
	}
	for _, f := range s {
		switch values := q[f.name]; {
		case len(values) == 0:
		case f.many:
			items := make([]any, len(values))
			for i, v := range values {
				items[i] = v
			}
			raw[f.name] = items
		case f.kind == isFlag:
			v := strings.ToLower(values[0])
			if v != "true" && v != "false" {
				return nil, errs.New(errs.Invalid, "Invalid boolean value: %s, must be 'true' or 'false'.", values[0])
			}
			raw[f.name] = v == "true"
		default:
			raw[f.name] = values[0]
		}
	}
	return raw, nil
}

func (s schema) takes(name string) bool {
	return slices.ContainsFunc(s, func(f field) bool { return f.name == name })
}

func body(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	if err := checkType(req); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return nil, tooLarge("the request", big.Limit, "send it in several parts")
	}
	if err != nil {
		return nil, errs.New(errs.Invalid, "the request ended before its body did")
	}
	return b, nil
}

// checkType refuses what a form of a foreign page could send.
func checkType(req *http.Request) error {
	if req.Method != http.MethodPost && req.Method != http.MethodPut {
		return nil
	}
	header := req.Header.Get("Content-Type")
	if header == "" {
		return errs.New(errs.Invalid, "Bad Request. Content-Type header is missing.")
	}
	if t, _, err := mime.ParseMediaType(header); err != nil || t != "application/json" {
		return errs.New(errs.Invalid, "Bad Request. Content-Type must be one of ['application/json'].")
	}
	return nil
}

// parse decodes a body: nothing is an empty message, and old clients encode theirs twice.
func parse(b []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return map[string]any{}, nil
	}
	v, err := spanfile.Decode(b)
	if s, ok := v.(string); ok && err == nil {
		v, err = spanfile.Decode([]byte(s))
	}
	if err != nil {
		return nil, errs.New(errs.Invalid, "the body is not JSON: %s", err)
	}
	switch v := v.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return map[string]any{}, nil
	}
	return nil, errs.New(errs.Invalid, "the body is not a JSON object")
}
