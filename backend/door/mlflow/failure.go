package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"rondo/backend/errs"
)

// answers is the one place where kinds of failure become MLflow's codes. The client
// repeats 408, 429, 500, 502, 503 and 504 for about four minutes: only what another
// try can heal may be one of them.
var answers = map[errs.Kind]refusal{
	errs.Internal:     {code: "INTERNAL_ERROR", status: http.StatusInternalServerError},
	errs.Invalid:      {code: "INVALID_PARAMETER_VALUE", status: http.StatusBadRequest},
	errs.NotFound:     {code: "RESOURCE_DOES_NOT_EXIST", status: http.StatusNotFound},
	errs.Conflict:     {code: "RESOURCE_ALREADY_EXISTS", status: http.StatusBadRequest},
	errs.Precondition: {code: "INVALID_PARAMETER_VALUE", status: http.StatusBadRequest},
	errs.Unavailable:  {code: "TEMPORARILY_UNAVAILABLE", status: http.StatusServiceUnavailable},
	errs.Corrupt:      {code: "DATA_LOSS", status: http.StatusGone},
	errs.Denied:       {code: "PERMISSION_DENIED", status: http.StatusForbidden},
	errs.TooLarge:     {code: "INVALID_PARAMETER_VALUE", status: http.StatusBadRequest},
}

// refusal is an answer that says no in MLflow's words, and an error for what no kind stands for.
type refusal struct {
	code   string
	status int
	text   string
}

// Error returns the text.
func (r *refusal) Error() string { return r.text }

func refusalOf(err error) refusal {
	var r *refusal
	if errors.As(err, &r) {
		return *r
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = errs.New(errs.Unavailable, "the request was cancelled or took too long")
	}
	out := answers[errs.KindOf(err)]
	var e *errs.Error
	if out.text = "something went wrong inside Rondo; the log of the server says what"; errors.As(err, &e) {
		out.text = err.Error()
	}
	if hint := errs.HintOf(err); hint != "" {
		out.text += " (" + hint + ")"
	}
	return out
}

// fail answers with err. What is our own fault goes to the log, without details to the client.
func fail(w http.ResponseWriter, req *http.Request, err error) {
	r := refusalOf(err)
	if r.status == http.StatusInternalServerError {
		slog.Error("mlflow request failed", "method", req.Method, "path", req.URL.Path, "err", err)
	}
	writeJSON(w, r.status, map[string]string{"error_code": r.code, "message": r.text})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := encoded(v)
	if err != nil {
		slog.Error("mlflow answer cannot be encoded", "err", err)
		r := refusalOf(err)
		status = r.status
		body, _ = encoded(map[string]string{"error_code": r.code, "message": r.text}) // texts always encode
	}
	size := 0
	for _, piece := range body {
		size += len(piece)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(size)) // who knows it reads in one go
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	for _, piece := range body {
		w.Write(piece)
	}
	sent(body)
}

// encoded is the answer as JSON, in pieces.
func encoded(v any) ([][]byte, error) {
	if a, ok := v.(appender); ok {
		pieces, err := a.appendJSON()
		return append(pieces, []byte{'\n'}), err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return [][]byte{b.Bytes()}, err
}

// tooLarge refuses a request whose body is over a limit, whatever is in it.
func tooLarge(what string, limit int64, hint string) error {
	return &refusal{"INVALID_PARAMETER_VALUE", http.StatusRequestEntityTooLarge, fmt.Sprintf("%s is larger than %d bytes (%s)", what, limit, hint)}
}

const seeDocs = " See the API docs for more information about request parameters."

func missing(path string) error {
	return errs.New(errs.Invalid, "Missing value for required parameter '%s'.%s", path, seeDocs)
}

// misfit says that a value has the wrong type, in the words of the client's language.
func misfit(path string, value any) error {
	return errs.New(errs.Invalid, "Invalid value %s for parameter '%s' supplied: Hint: Value was of type '%s'.%s", shown(value), path, pythonType(value), seeDocs)
}

// shown is a value as compact JSON, short enough for a message.
func shown(value any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(value) != nil {
		return "?"
	}
	return short(string(bytes.TrimSpace(b.Bytes())), 1000)
}

func short(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

func pythonType(value any) string {
	switch x := value.(type) {
	case string:
		return "str"
	case bool:
		return "bool"
	case []any:
		return "list"
	case map[string]any:
		return "dict"
	case json.Number:
		if bytes.ContainsAny([]byte(x), ".eE") {
			return "float"
		}
		return "int"
	}
	return "NoneType"
}
