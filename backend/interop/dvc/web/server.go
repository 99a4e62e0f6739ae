// Package web reads what lies on a web server as DVC does: the objects of a remote, and files that
// were imported by their address, whose checksum is made of what the server tells. It writes nothing.
package web

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"rondo/backend/errs"
)

// Server is a folder of a web server.
type Server struct {
	base   string
	client http.Client
	auth   func(*http.Request)
}

// New takes the address of the folder, and a remote's settings, which may let in there.
func New(base string, keys map[string]string) *Server {
	return &Server{base: base, client: http.Client{Timeout: time.Hour}, auth: authOf(keys)}
}

// authOf is how the settings of a remote let in: by name and password, or by a header.
func authOf(keys map[string]string) func(*http.Request) {
	return func(r *http.Request) {
		switch {
		case strings.EqualFold(keys["auth"], "custom") && keys["custom_auth_header"] != "":
			r.Header.Set(keys["custom_auth_header"], keys["password"])
		case keys["user"] != "":
			r.SetBasicAuth(keys["user"], keys["password"])
		}
	}
}

// Ask sends a request for a file in it. The caller closes the body.
func (h *Server) Ask(ctx context.Context, method, name string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, h.base+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // what is packed has another ETag
	h.auth(req)
	res, err := h.client.Do(req)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "%s does not answer: %w", h.base, err).WithHint("see whether you are online; then do the same again")
	}
	switch {
	case res.StatusCode == http.StatusOK:
		return res, nil
	case res.StatusCode == http.StatusNotFound, res.StatusCode == http.StatusGone:
		err = errs.New(errs.NotFound, "the remote has no %s", name)
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		err = errs.New(errs.Denied, "%s says %s", h.base, res.Status).WithHint("the remote's user and password in .dvc/config.local let you in")
	default:
		err = errs.New(errs.Unavailable, "%s says %s", h.base, res.Status)
	}
	res.Body.Close()
	return nil, err
}

// Sizes looks for many files; those that are not there are left out.
func (h *Server) Sizes(ctx context.Context, names []string) (map[string]int64, error) {
	out := map[string]int64{}
	for _, name := range names {
		res, err := h.Ask(ctx, http.MethodHead, name)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		res.Body.Close()
		out[name] = res.ContentLength
	}
	return out, nil
}

// Get reads a whole file, wherever it is asked to begin.
func (h *Server) Get(ctx context.Context, name string, _, _ int64) (io.ReadCloser, error) {
	res, err := h.Ask(ctx, http.MethodGet, name)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// Put refuses: nothing is written to a web server.
func (h *Server) Put(context.Context, string, *io.SectionReader) (bool, error) {
	return false, errs.New(errs.Precondition, "%s can only be read", h.base).WithHint("push to another remote, or with dvc")
}

// Close ends the connections.
func (h *Server) Close() error { h.client.CloseIdleConnections(); return nil }
