package api

import (
	"errors"
	"log/slog"
	"net/http"

	"rondo/backend/errs"
)

// statuses is the one place where kinds of failure become HTTP. Only Internal,
// Corrupt and Unavailable are 5xx: clients retry those, so a person's mistake never is.
var statuses = map[errs.Kind]int{
	errs.Internal:     http.StatusInternalServerError,
	errs.Invalid:      http.StatusBadRequest,
	errs.NotFound:     http.StatusNotFound,
	errs.Conflict:     http.StatusConflict,
	errs.Precondition: http.StatusPreconditionFailed,
	errs.Unavailable:  http.StatusServiceUnavailable,
	errs.Corrupt:      http.StatusInternalServerError,
	errs.Denied:       http.StatusForbidden,
	errs.TooLarge:     http.StatusRequestEntityTooLarge,
}

// Status returns the HTTP status of an error.
func Status(err error) int { return statuses[errs.KindOf(err)] }

// Failure is the body of every answer that is not a success.
type Failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

type failure struct {
	Error Failure `json:"error"`
}

func body(err error) Failure {
	f := Failure{Kind: errs.KindOf(err).String(), Message: err.Error(), Hint: errs.HintOf(err)}
	var e *errs.Error
	if !errors.As(err, &e) {
		f.Message = "something went wrong inside Rondo; the log of the server says what"
	}
	return f
}

// WriteError answers with err. Internal failures are logged; the person gets no details of them.
func WriteError(w http.ResponseWriter, req *http.Request, err error) {
	if req.Context().Err() != nil && errors.Is(err, req.Context().Err()) {
		err = errs.New(errs.Unavailable, "the request was cancelled or took too long")
	}
	if errs.KindOf(err) == errs.Internal {
		slog.Error("request failed", "method", req.Method, "path", req.URL.Path, "err", err)
	}
	WriteJSON(w, Status(err), failure{body(err)})
}

// WriteFailure answers with err under a status that its kind does not have, such as 401.
func WriteFailure(w http.ResponseWriter, status int, err error) {
	WriteJSON(w, status, failure{body(err)})
}
