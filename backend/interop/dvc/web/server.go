// Package web reads what lies on a web server as DVC does: the objects of a remote, and files that
// were imported by their address, whose checksum is made of what the server tells. It writes nothing.
package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

// Server is a folder of a web server.
type Server struct {
	base   string
	client http.Client
	auth   func(*http.Request)
}

// New takes the address of the folder, and a remote's settings, which may let in there.
func New(base string, keys map[string]string) *Server {
	auth, header := authOf(keys)
	return &Server{base: base, client: http.Client{Transport: remote.Transport(), CheckRedirect: follow(header)}, auth: auth}
}

// authOf is how the settings of a remote let in: by name and password, or by a header.
func authOf(keys map[string]string) (auth func(*http.Request), header string) {
	if strings.EqualFold(keys["auth"], "custom") && keys["custom_auth_header"] != "" {
		header = keys["custom_auth_header"]
	}
	return func(r *http.Request) {
		switch {
		case header != "":
			r.Header.Set(header, keys["password"])
		case keys["user"] != "":
			r.SetBasicAuth(keys["user"], keys["password"])
		}
	}, header
}

const redirects = 10

// follow goes where a server sends on to. What lets in stays with the server that it was meant for.
func follow(header string) func(*http.Request, []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		from := via[0].URL
		switch {
		case len(via) > redirects:
			return errs.New(errs.Unavailable, "%s sends on more than %d times", from.Host, redirects).WithHint("see whether the address is right")
		case from.Scheme == "https" && r.URL.Scheme != "https":
			return errs.New(errs.Denied, "%s sends on to %s, which is not encrypted", from.Host, r.URL.Host).WithHint("ask who runs it; nothing was read there")
		case r.URL.Host != from.Host:
			r.Header.Del("Authorization")
			if header != "" {
				r.Header.Del(header)
			}
		}
		return nil
	}
}

// Ask sends a request for a file in it, again where that fails for a reason that may pass. The
// caller closes the body.
func (h *Server) Ask(ctx context.Context, method, name string) (*http.Response, error) {
	return h.ask(ctx, method, name, part{})
}

// ask is Ask for a part of a file, of which a server may take no notice.
func (h *Server) ask(ctx context.Context, method, name string, of part) (res *http.Response, err error) {
	var last error
	err = remote.Again(ctx, func() (err error) {
		var passes bool
		if res, passes, last = h.once(ctx, method, name, of); passes {
			return last
		}
		return nil
	})
	if err == nil {
		err = last
	}
	return res, err
}

// once also reports whether a failure may pass.
func (h *Server) once(ctx context.Context, method, name string, of part) (res *http.Response, passes bool, err error) {
	req, err := http.NewRequestWithContext(ctx, method, h.base+"/"+name, nil)
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Accept-Encoding", "identity") // what is packed has another ETag
	of.wish(req)
	h.auth(req)
	if res, err = h.client.Do(req); err != nil {
		err = h.explain(ctx, err)
		return nil, errs.Is(err, errs.Unavailable), err
	}
	switch {
	case res.StatusCode == http.StatusOK:
		return res, false, unpack(res)
	case of.from > 0 && res.StatusCode == http.StatusPartialContent:
		return res, false, nil
	case of.from > 0 && res.StatusCode == http.StatusRequestedRangeNotSatisfiable: // there is no more
		res.Body.Close()
		res.Body = http.NoBody
		return res, false, nil
	}
	res.Body.Close()
	return nil, passing[res.StatusCode], h.refused(res, name)
}

// passing are answers after which the same may be asked again.
var passing = map[int]bool{
	http.StatusTooManyRequests: true, http.StatusInternalServerError: true, http.StatusBadGateway: true,
	http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
}

func (h *Server) explain(ctx context.Context, err error) error {
	var known *errs.Error
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.As(err, &known) {
		return known
	}
	if untrusted := remote.Untrusted(h.base, err); untrusted != nil {
		return untrusted
	}
	return errs.New(errs.Unavailable, "%s does not answer: %w", h.base, err).WithHint("see whether you are online; then do the same again")
}

func (h *Server) refused(res *http.Response, name string) error {
	switch res.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return errs.New(errs.NotFound, "the remote has no %s", name)
	case http.StatusUnauthorized:
		return errs.New(errs.Denied, "%s says %s", h.base, res.Status).WithHint("the remote's user and password in .dvc/config.local let you in")
	case http.StatusForbidden:
		return errs.New(errs.Denied, "%s says %s", h.base, res.Status).WithHint("who asks may not read there: ask who runs it for the right to, or give the user and password of one who may in .dvc/config.local")
	}
	return errs.New(errs.Unavailable, "%s says %s", h.base, res.Status).WithHint("do the same again later: what has come need not come again")
}

// Sizes looks for many files; those that are not there are left out.
func (h *Server) Sizes(ctx context.Context, names []string) (map[string]int64, error) {
	out, mu := map[string]int64{}, sync.Mutex{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(remote.SideBySide)
	for _, name := range names {
		g.Go(func() error {
			res, err := h.Ask(ctx, http.MethodHead, name)
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			res.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			out[name] = res.ContentLength
			return nil
		})
	}
	return out, g.Wait()
}

// Put refuses: nothing is written to a web server.
func (h *Server) Put(context.Context, string, *io.SectionReader) (bool, error) {
	return false, errs.New(errs.Precondition, "%s can only be read", h.base).WithHint("push to another remote, or with dvc")
}

// Close ends the connections.
func (h *Server) Close() error { h.client.CloseIdleConnections(); return nil }
