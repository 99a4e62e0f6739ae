package dvc

import (
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// webPlace is a file of a web server.
type webPlace struct {
	h    *overHTTP
	name string
	url  string
}

func newWebPlace(at string, keys map[string]string) *webPlace {
	i := strings.LastIndexByte(at, '/')
	h := &overHTTP{base: at[:i], client: http.Client{Timeout: time.Hour}, auth: authOf(keys)}
	return &webPlace{h, at[i+1:], at}
}

func (w *webPlace) facts(ctx context.Context) ([]metafile.Entry, bool, error) {
	res, err := w.h.ask(ctx, http.MethodHead, w.name)
	if err == nil && res.ContentLength < 0 || errs.Is(err, errs.Unavailable) && ctx.Err() == nil { // dvc asks so, too
		if err == nil {
			res.Body.Close()
		}
		res, err = w.h.ask(ctx, http.MethodGet, w.name)
	}
	if errs.Is(err, errs.NotFound) {
		return nil, false, errs.New(errs.NotFound, "%s, from which it was imported, is not there any more", redacted(w.url)).
			WithHint("change the path in the .dvc file, or rondo data remove it")
	}
	if err != nil {
		return nil, false, err
	}
	res.Body.Close()
	e := metafile.Entry{Checksum: webSum(w.url, res)}
	if n := res.ContentLength; n >= 0 {
		e.Size = &n
	}
	return []metafile.Entry{e}, false, nil
}

func (w *webPlace) open(ctx context.Context, e metafile.Entry) (io.ReadCloser, error) {
	res, err := w.h.ask(ctx, http.MethodGet, w.name)
	if err != nil {
		return nil, err
	}
	if tag := res.Header.Get("ETag"); tag != "" && e.Checksum != "" && tag != e.Checksum {
		res.Body.Close()
		return nil, changedThere(redacted(w.url))
	}
	return res.Body, nil
}

func (w *webPlace) Close() error { return w.h.Close() }

// webSum is what DVC calls the checksum of a web page: its ETag, or its MD5 where the server
// tells one; otherwise fsspec's sum of all that the server tells of it.
func webSum(at string, res *http.Response) string {
	h := res.Header
	if tag := h.Get("ETag"); tag != "" {
		return tag
	}
	if sum := h.Get("Content-MD5"); sum != "" {
		return sum
	}
	size := "None"
	if res.ContentLength >= 0 {
		size = fmt.Sprint(res.ContentLength)
	}
	parts := []string{"'name': " + pyRepr(at), "'size': " + size}
	if kind, _, _ := strings.Cut(h.Get("Content-Type"), ";"); kind != "" {
		parts = append(parts, "'mimetype': "+pyRepr(kind))
	}
	if h.Get("Accept-Ranges") == "none" {
		parts = append(parts, "'partial': False")
	}
	where := &url.URL{}
	if res.Request != nil {
		where = res.Request.URL
	}
	parts = append(parts, "'url': "+pyRepr(where.String()))
	for _, key := range []string{"Digest", "Last-Modified"} {
		if v := h.Get(key); v != "" {
			parts = append(parts, "'"+key+"': "+pyRepr(v))
		}
	}
	sum := md5.Sum([]byte("({" + strings.Join(append(parts, "'type': 'file'"), ", ") + "},)"))
	return new(big.Int).SetBytes(sum[:]).String()
}
