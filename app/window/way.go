//go:build desktop || dev

package window

import (
	"context"
	"html"
	"net/http"
	"strconv"
)

// way is all that the webview's own scheme ever serves: the way to the server, where
// the webview cannot be sent there directly. A request waits until it is known.
type way struct {
	known  chan struct{}
	target Target
}

func newWay() *way { return &way{known: make(chan struct{})} }

// find waits for the target and goes on with it.
func (y *way) find(ctx context.Context, found <-chan Target, then func(Target)) {
	select {
	case <-ctx.Done():
	case y.target = <-found:
		if !direct(y.target.Launch) {
			close(y.known)
		}
		then(y.target)
	}
}

// ServeHTTP implements http.Handler.
func (y *way) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	select {
	case <-req.Context().Done():
		return
	case <-y.known:
	}
	launch := y.target.Launch
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(`<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><script>location.replace(` +
		strconv.Quote(launch) + `)</script><noscript><a href="` + html.EscapeString(launch) + `">Rondo</a></noscript>`))
}
