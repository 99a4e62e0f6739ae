package remote

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// way leads to a store. It tells whoever waits of what is asked again, takes no web page for an
// answer, and gives up on a store that stays silent.
type way struct {
	*http.Transport
	silent atomic.Int32 // questions in a row to which nothing came
}

// Answers that no store gives. They are not asked for again.
const (
	webPage   = http.StatusNetworkAuthenticationRequired // a page of something in between, such as a login
	stayedOut = 598                                      // nothing came, more than once
)

func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.Transport.RoundTrip(r)
	switch {
	case r.Context().Err() != nil:
	case silent(err) && w.silent.Add(1) > 1:
		return instead(r, stayedOut), nil
	case err != nil:
		notice(r.Context(), "%s does not answer (%v): asked again in a moment", r.URL.Host, err)
	case busy(res.StatusCode):
		notice(r.Context(), "%s says %s: asked again in a moment", r.URL.Host, res.Status)
	case page(res):
		res.Body.Close()
		return instead(r, webPage), nil
	}
	if err == nil {
		w.silent.Store(0)
	}
	return res, err
}

func busy(status int) bool {
	return status == http.StatusTooManyRequests || status >= 500 && status != webPage && status != http.StatusNotImplemented
}

// page reports whether an answer is a web page: stores give every object a tag, or the answer a number.
func page(res *http.Response) bool {
	h := res.Header
	if res.StatusCode >= 300 || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || h.Get("ETag") != "" || h.Get("X-Amz-Request-Id") != "" {
		return false
	}
	if res.Request.Method == http.MethodHead {
		return res.ContentLength > 0
	}
	body := bufio.NewReader(res.Body)
	head, _ := body.Peek(pageHead)
	res.Body = struct {
		io.Reader
		io.Closer
	}{body, res.Body}
	return IsPage(head)
}

// instead is an answer in the place of one that came, or did not.
func instead(r *http.Request, status int) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r,
	}
}
