package guard

import (
	"net/http"
	"strings"
)

// pagePolicy is for the UI: everything from this server and nothing else. Style
// attributes are allowed because charts and virtual tables place things by them.
const pagePolicy = "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
	"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; worker-src 'self' blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// dataPolicy is for all else: a report or an artifact that is looked at directly
// has an opaque origin, no scripts and no network.
const dataPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"

func setHeaders(h http.Header, req *http.Request, data bool) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if !ownStep(req) {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if data {
		h.Set("Content-Security-Policy", dataPolicy)
		h.Set("Cache-Control", "no-store")
		return
	}
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", pagePolicy)
}

// ownStep reports whether a person or our own page goes here: then no other page can
// hold on to this one. Parting from openers that cannot be would make the webview
// start a second process, which costs the window's first picture 0.3 s.
func ownStep(req *http.Request) bool {
	site := req.Header.Get("Sec-Fetch-Site")
	return site == "none" || site == "same-origin"
}

// isData reports whether the path belongs to an API or protocol and not to the UI.
func isData(path string) bool {
	for _, p := range []string{"/api/", "/ajax-api/"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
