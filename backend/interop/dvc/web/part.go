package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rondo/backend/errs"
)

// part is the rest of a file, of a content that an ETag tells from others; an empty one does not.
type part struct {
	from int64
	tag  string
}

// wish asks for the part, and for all of the file where it has another content by now (RFC 9110, 13.1.5).
func (of part) wish(r *http.Request) {
	if of.from == 0 {
		return
	}
	r.Header.Set("Range", fmt.Sprintf("bytes=%d-", of.from))
	if of.tag != "" {
		r.Header.Set("If-Range", of.tag)
	}
}

// is reports whether an answer is the part and nothing else: the bytes from there to the end, as they are.
func (of part) is(res *http.Response) bool {
	var first, last, size int64
	n, err := fmt.Sscanf(res.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size)
	return err == nil && n == 3 && first == of.from && last == size-1 && !packed(res) &&
		(res.ContentLength < 0 || res.ContentLength == size-first)
}

// Get reads a file from an offset to its end.
func (h *Server) Get(ctx context.Context, name string, offset, _ int64) (io.ReadCloser, error) {
	res, err := h.From(ctx, name, "", offset)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// From is Ask for the content of a file from an offset on. Tag is the ETag of the content whose first
// bytes are there; without one it is not asked whether it is still that.
func (h *Server) From(ctx context.Context, name, tag string, offset int64) (*http.Response, error) {
	res, err := h.ask(ctx, http.MethodGet, name, part{offset, tag})
	if err == nil && res.StatusCode == http.StatusPartialContent {
		if (part{offset, tag}).is(res) {
			return res, nil
		}
		res.Body.Close() // what it says of the part is not so: all of it, then
		res, err = h.Ask(ctx, http.MethodGet, name)
	}
	if err != nil || offset == 0 || res.StatusCode != http.StatusOK {
		return res, err
	}
	if _, err := io.CopyN(io.Discard, res.Body, offset); err != nil {
		res.Body.Close()
		return nil, errs.New(errs.Unavailable, "%s: %s broke off: %w", h.base, name, err).WithHint("do the same again")
	}
	return res, nil
}

// packed reports whether an answer is packed, which nobody has asked for.
func packed(res *http.Response) bool {
	how := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding")))
	return how != "" && how != "identity"
}
