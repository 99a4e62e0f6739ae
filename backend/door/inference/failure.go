package inference

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"rondo/backend/errs"
)

// statuses is where kinds of failure become HTTP.
var statuses = map[errs.Kind]int{
	errs.Internal:     http.StatusInternalServerError,
	errs.Invalid:      http.StatusBadRequest,
	errs.NotFound:     http.StatusNotFound,
	errs.Conflict:     http.StatusConflict,
	errs.Precondition: http.StatusBadRequest,
	errs.Unavailable:  http.StatusServiceUnavailable,
	errs.Corrupt:      http.StatusInternalServerError,
	errs.Denied:       http.StatusForbidden,
	errs.TooLarge:     http.StatusRequestEntityTooLarge,
}

// status sets the headers of a failure and returns its status and words. Of what
// is inside, the client learns nothing; the log does.
func status(w http.ResponseWriter, req *http.Request, err error) (code int, message string) {
	if e := req.Context().Err(); e != nil && errors.Is(err, e) {
		err = errs.New(errs.Unavailable, "the request was cancelled or took too long")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errs.New(errs.Unavailable, "the model took too long to answer")
	}
	code, message = statuses[errs.KindOf(err)], err.Error()
	var own *errs.Error
	if !errors.As(err, &own) {
		message = "something went wrong inside; the log of the server says what"
	}
	if hint := errs.HintOf(err); hint != "" {
		message += "; " + hint
	}
	switch code {
	case http.StatusInternalServerError:
		slog.Error("a prediction failed", "path", req.URL.Path, "err", err)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case http.StatusRequestEntityTooLarge:
		w.Header().Set("Connection", "close") // so that nobody reads the rest
	}
	return code, message
}

// fail answers as the Open Inference Protocol does: {"error": …}.
func fail(w http.ResponseWriter, req *http.Request, err error) {
	code, message := status(w, req, err)
	answer(w, code, map[string]string{"error": message})
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		code, b = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(b)
}
