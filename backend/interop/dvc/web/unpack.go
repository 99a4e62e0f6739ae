package web

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"rondo/backend/errs"
)

// unpack has an answer give what its file holds where the server keeps that packed and says so
// (Content-Encoding), as dvc unpacks it. How long that is nobody tells then.
func unpack(res *http.Response) error {
	if !packed(res) {
		return nil
	}
	how := strings.ToLower(strings.TrimSpace(res.Header.Get("Content-Encoding")))
	if how != "gzip" && how != "x-gzip" {
		res.Body.Close()
		return errs.New(errs.Invalid, "%s sends it packed by %q, which was not asked for", res.Request.URL.Host, how).
			WithHint("bring it by another program, such as curl --compressed, and then rondo data add")
	}
	res.ContentLength = -1
	if res.Request.Method != http.MethodHead {
		res.Body = &unpacking{packed: res.Body}
	}
	return nil
}

// unpacking opens what is packed when it is first read, so that an answer of which only the head
// counts need not have a body.
type unpacking struct {
	packed io.ReadCloser
	open   *gzip.Reader
}

func (u *unpacking) Read(b []byte) (n int, err error) {
	if u.open == nil {
		if u.open, err = gzip.NewReader(u.packed); err != nil {
			return 0, noGzip(err)
		}
	}
	n, err = u.open.Read(b)
	return n, noGzip(err)
}

// noGzip keeps an early end from being taken for the end.
func noGzip(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return errs.New(errs.Unavailable, "what comes is not packed as the server says: %w", err).WithHint("do the same again")
	}
	return err
}

func (u *unpacking) Close() error { return u.packed.Close() }
