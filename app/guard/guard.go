// Package guard stands in front of both listeners. A request passes when it names
// this server as its host, does not come from a foreign page, and carries the token:
// as Bearer, as the password of Basic, or as the cookie that a one-time launch link
// gave to a browser. What passes gets limits on size and patience, and leaves with
// headers that keep pages apart. No route is outside it, and it knows no route.
package guard

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"

	"rondo/backend/api"
	"rondo/backend/errs"
)

// MaxBody is how large a request's body may be where Limit says nothing else.
const MaxBody = 64 << 20

// Options say what a guard lets pass.
type Options struct {
	Tokens   []string  // any of them will do
	Sessions *Sessions // nil: this listener knows no cookies
	Limit    func(*http.Request) int64
}

// Guard is the http.Handler in front of a listener.
type Guard struct {
	opts   Options
	tokens [][sha256.Size]byte
	next   http.Handler
}

// New returns a guard in front of next.
func New(next http.Handler, opts Options) *Guard {
	g := &Guard{opts: opts, next: next}
	for _, t := range opts.Tokens {
		g.tokens = append(g.tokens, sha256.Sum256([]byte(t)))
	}
	return g
}

// ServeHTTP implements http.Handler.
func (g *Guard) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	setHeaders(w.Header(), req, g.opts.Sessions == nil || isData(req.URL.Path))
	if err := g.check(req); err != nil {
		g.refuse(w, req, err)
		return
	}
	if g.opts.Sessions != nil && req.URL.Path == LaunchPath {
		g.launch(w, req)
		return
	}
	if !g.known(req) {
		g.refuse(w, req, errNoToken(req))
		return
	}
	if err := limit(w, req, g.limit(req)); err != nil {
		g.refuse(w, req, err)
		return
	}
	p := &patient{ResponseWriter: w, rc: http.NewResponseController(w)}
	g.next.ServeHTTP(p, req)
	p.extend() // for what is still in the buffer
}

// check refuses requests that were not meant for this server or come from a foreign page.
func (g *Guard) check(req *http.Request) error {
	if !ownHost(req) {
		return errs.New(errs.Denied, "this server does not answer to the host %.80q", req.Host).
			WithHint("use the address that it printed: 127.0.0.1 or localhost, with its port")
	}
	if !ownOrigin(req) {
		return errs.New(errs.Denied, "requests from pages of %.80q are not answered", req.Header.Get("Origin")).
			WithHint("open Rondo's own page, or call without a browser")
	}
	return nil
}

// ownHost reports whether the Host header names this listener: a foreign name that
// resolves to 127.0.0.1 (DNS rebinding) does not.
func ownHost(req *http.Request) bool {
	host, port, err := net.SplitHostPort(req.Host)
	if err != nil {
		host, port = req.Host, "80"
	}
	if host != "127.0.0.1" && host != "localhost" && host != "::1" {
		return false
	}
	at, ok := req.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	_, own, err := net.SplitHostPort(at.String())
	return err == nil && port == own
}

// ownOrigin reports whether the request comes from no page or from one of ours. A
// link or the address bar may lead from anywhere to a page, not to the API.
func ownOrigin(req *http.Request) bool {
	if origin := req.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" || !strings.EqualFold(u.Host, req.Host) {
			return false
		}
	}
	switch req.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return req.Method == http.MethodGet && req.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		req.Header.Get("Sec-Fetch-Dest") == "document" && isPage(req.URL.Path)
}

func isPage(path string) bool {
	return path == "/" || path == LaunchPath
}

// known reports whether the request carries a credential of this server.
func (g *Guard) known(req *http.Request) bool {
	if t, ok := credential(req); ok {
		return g.has(t)
	}
	return g.opts.Sessions != nil && fromPage(req) && g.opts.Sessions.known(req)
}

// fromPage asks of requests that a cookie speaks for, and that change something,
// to say that they come from our own page: every browser does.
func fromPage(req *http.Request) bool {
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return true
	}
	return req.Header.Get("Origin") != "" || req.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// credential returns the token of the Authorization header: what follows Bearer, or
// the password of Basic, which is all that some clients can send.
func credential(req *http.Request) (string, bool) {
	if _, password, ok := req.BasicAuth(); ok {
		return password, true
	}
	scheme, token, ok := strings.Cut(req.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), true
	}
	return "", req.Header.Get("Authorization") != ""
}

// has compares with every token in constant time.
func (g *Guard) has(token string) bool {
	given, found := sha256.Sum256([]byte(token)), 0
	for i := range g.tokens {
		found |= subtle.ConstantTimeCompare(given[:], g.tokens[i][:])
	}
	return found == 1
}

func errNoToken(req *http.Request) error {
	if req.Header.Get("Authorization") != "" {
		return errs.New(errs.Denied, "the token is wrong").WithHint("`rondo token` prints the right one, `rondo env` sets it for MLflow")
	}
	return errs.New(errs.Denied, "a token is needed").
		WithHint("send `Authorization: Bearer TOKEN`; `rondo token` prints it, and `rondo open` opens a browser with it")
}

// refuse answers 401 for a missing or wrong token, else what the error's kind says.
func (g *Guard) refuse(w http.ResponseWriter, req *http.Request, err error) {
	w.Header().Set("Connection", "close") // the body was not read
	switch page := g.opts.Sessions != nil && looks(req); {
	case page && !ownHost(req):
		writePage(w, http.StatusForbidden, foreignHost.page(req))
		return
	case page && !ownOrigin(req):
		writePage(w, http.StatusForbidden, foreignOrigin.page(req))
		return
	case !ownHost(req) || !ownOrigin(req) || errs.KindOf(err) != errs.Denied:
		api.WriteError(w, req, err)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="rondo"`)
	if g.opts.Sessions != nil && strings.Contains(req.Header.Get("Accept"), "text/html") {
		writePage(w, http.StatusUnauthorized, locked.page(req))
		return
	}
	api.WriteFailure(w, http.StatusUnauthorized, err)
}

func (g *Guard) limit(req *http.Request) int64 {
	if g.opts.Limit != nil {
		if n := g.opts.Limit(req); n > 0 {
			return n
		}
	}
	return MaxBody
}
