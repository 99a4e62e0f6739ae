package dvc

import (
	"context"
	"io"
	"net/http"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/interop/dvc/web"
)

// webPlace is a file of a web server.
type webPlace struct {
	h    *web.Server
	name string
	url  string
}

func newWebPlace(at string, keys map[string]string) *webPlace {
	i := strings.LastIndexByte(at, '/')
	return &webPlace{web.New(at[:i], keys), at[i+1:], at}
}

func (w *webPlace) facts(ctx context.Context) ([]metafile.Entry, bool, error) {
	res, err := w.h.Ask(ctx, http.MethodHead, w.name)
	if err == nil && res.ContentLength < 0 || errs.Is(err, errs.Unavailable) && ctx.Err() == nil { // dvc asks so, too
		if err == nil {
			res.Body.Close()
		}
		res, err = w.h.Ask(ctx, http.MethodGet, w.name)
	}
	if errs.Is(err, errs.NotFound) {
		return nil, false, errs.New(errs.NotFound, "%s is not there", redacted(w.url)).
			WithHint("change the path in the .dvc file, or rondo data remove it")
	}
	if err != nil {
		return nil, false, err
	}
	res.Body.Close()
	e := metafile.Entry{Checksum: web.Checksum(w.url, res)}
	if n := res.ContentLength; n >= 0 {
		e.Size = &n
	}
	return []metafile.Entry{e}, false, nil
}

// tag is the one of the server, where it promises the same bytes.
func (w *webPlace) tag(_ context.Context, e metafile.Entry) (string, error) {
	if strings.HasPrefix(e.Checksum, `"`) {
		return e.Checksum, nil
	}
	return "", nil
}

func (w *webPlace) open(ctx context.Context, e metafile.Entry, from int64) (io.ReadCloser, error) {
	tag, err := w.tag(ctx, e)
	if err != nil {
		return nil, err
	}
	res, err := w.h.From(ctx, w.name, tag, from)
	if err != nil {
		return nil, err
	}
	now := res.Header.Get("ETag")
	if now != "" && e.Checksum != "" && now != e.Checksum || from > 0 && now != tag { // what is there may be of another
		res.Body.Close()
		return nil, changedThere(redacted(w.url))
	}
	return res.Body, nil
}

func (w *webPlace) Close() error { return w.h.Close() }
