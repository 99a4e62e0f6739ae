package web

import (
	"crypto/md5"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// Checksum is what DVC calls the checksum of a web page: its ETag, or its MD5 where the server
// tells one; otherwise fsspec's sum of all that the server tells of it.
func Checksum(at string, res *http.Response) string {
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
	parts := []string{"'name': " + doc.Repr(at), "'size': " + size}
	if kind, _, _ := strings.Cut(h.Get("Content-Type"), ";"); kind != "" {
		parts = append(parts, "'mimetype': "+doc.Repr(kind))
	}
	if h.Get("Accept-Ranges") == "none" {
		parts = append(parts, "'partial': False")
	}
	where := &url.URL{}
	if res.Request != nil {
		where = res.Request.URL
	}
	parts = append(parts, "'url': "+doc.Repr(where.String()))
	for _, key := range []string{"Digest", "Last-Modified"} {
		if v := h.Get(key); v != "" {
			parts = append(parts, "'"+key+"': "+doc.Repr(v))
		}
	}
	sum := md5.Sum([]byte("({" + strings.Join(append(parts, "'type': 'file'"), ", ") + "},)"))
	return new(big.Int).SetBytes(sum[:]).String()
}
