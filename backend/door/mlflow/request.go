package mlflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// maxBody bounds the JSON of one request. The largest honest one is a dataset with its 16 MB profile.
const maxBody = 32 << 20

// read makes the request's message: of its query for GET and for files, else of its body.
func (r *route) read(w http.ResponseWriter, req *http.Request, values map[string]string) (message, error) {
	var raw map[string]any
	var err error
	if req.Method == http.MethodGet || r.stream != nil {
		raw, err = r.in.query(req)
	} else {
		raw, err = body(w, req)
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

func body(w http.ResponseWriter, req *http.Request) (map[string]any, error) {
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
	return parse(b)
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
	v, err := decode(b)
	if s, ok := v.(string); ok && err == nil {
		v, err = decode([]byte(s))
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

func decode(b []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(quoteNumbers(b)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

var literals = [][]byte{[]byte("NaN"), []byte("-Infinity"), []byte("Infinity")}

// quoteNumbers puts quotes around NaN, Infinity and -Infinity. Python writes them
// bare, JSON has no such words, and to read them as 0 would be silent damage.
func quoteNumbers(b []byte) []byte {
	if !bytes.Contains(b, literals[0]) && !bytes.Contains(b, literals[2]) {
		return b
	}
	out := make([]byte, 0, len(b)+64)
	quoted := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		if quoted && c == '\\' && i+1 < len(b) {
			out = append(out, c, b[i+1])
			i++
			continue
		}
		if c == '"' {
			quoted = !quoted
		}
		if word := literalAt(b[i:]); !quoted && word != nil {
			out = append(append(append(out, '"'), word...), '"')
			i += len(word) - 1
			continue
		}
		out = append(out, c)
	}
	return out
}

func literalAt(b []byte) []byte {
	for _, w := range literals {
		if bytes.HasPrefix(b, w) {
			return w
		}
	}
	return nil
}
