package api

import (
	"cmp"
	"mime"
	"net/http"
	"path"
)

// foreign says of a file that somebody else wrote how a browser is to take it: as a download, or, inline,
// to be looked at in a place from which it reaches nothing.
func foreign(h http.Header, name string, inline bool) {
	disposition := "attachment"
	if inline {
		disposition = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": path.Base(name)}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache") // who kept it asks whether it is the same still
	h.Set("Content-Type", cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"))
}
