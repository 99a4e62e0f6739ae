package dvc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/remote/remotetest"
)

// TestAGetIsOfOneContent: what an address has changes while it is fetched. With a server that tells so, that
// keeps silent about it, that does not know parts or tells no ETag, no file is put together of two.
func TestAGetIsOfOneContent(t *testing.T) {
	one, two := random(600_000), random(600_005)[5:]
	for what, rest := range map[string]func(w http.ResponseWriter, r *http.Request, from int){
		"a part of another":  func(w http.ResponseWriter, _ *http.Request, from int) { giveFrom(w, two, from, `"2"`) },
		"a part of no name":  func(w http.ResponseWriter, _ *http.Request, from int) { giveFrom(w, two, from, "") },
		"all of another":     func(w http.ResponseWriter, _ *http.Request, _ int) { giveFrom(w, two, 0, `"2"`) },
		"all of no name":     func(w http.ResponseWriter, _ *http.Request, _ int) { giveFrom(w, two, 0, "") },
		"the rest, of one":   func(w http.ResponseWriter, _ *http.Request, from int) { giveFrom(w, one, from, `"1"`) },
		"a part before that": func(w http.ResponseWriter, _ *http.Request, from int) { giveFrom(w, one, from-1000, `"1"`) },
	} {
		t.Run(what, func(t *testing.T) {
			begun := false
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				from := 0
				_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
				switch {
				case from > 0:
					rest(w, r, from)
				case r.Method == http.MethodHead || begun:
					giveFrom(w, one, 0, `"1"`)
				default:
					begun = true
					w.Header().Set("ETag", `"1"`)
					w.Header().Set("Content-Length", fmt.Sprint(len(one)))
					_, _ = w.Write(one[:200_000])
					w.(http.Flusher).Flush()
					remotetest.Cut(w)
				}
			}))
			defer server.Close()
			p, to := open(t, t.TempDir()), filepath.Join(t.TempDir(), "x.bin")
			_, err := p.GetAddress(t.Context(), server.URL+"/x.bin", to, false)
			b, _ := os.ReadFile(to)
			if err == nil && string(b) != string(one) {
				t.Error("it is something else")
			}
			if err != nil && (b != nil || !errs.Is(err, errs.Precondition)) {
				t.Errorf("%v, and %d bytes are there", err, len(b))
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(to), ".*")); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// giveFrom answers with the rest of a content.
func giveFrom(w http.ResponseWriter, all []byte, from int, tag string) {
	if tag != "" {
		w.Header().Set("ETag", tag)
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(all)-from))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(all)-1, len(all)))
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = w.Write(all[from:])
}
