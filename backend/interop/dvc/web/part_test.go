package web_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/web"
)

const digits = "0123456789"

// answering serves a text, in parts as a test says.
func answering(t *testing.T, part func(w http.ResponseWriter, r *http.Request)) *web.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") == "" {
			_, _ = io.WriteString(w, digits)
			return
		}
		part(w, r)
	}))
	t.Cleanup(server.Close)
	s := web.New(server.URL, nil)
	t.Cleanup(func() { s.Close() })
	return s
}

// TestAPartThatIsNotWhatWasAskedForIsNotTaken: the rest comes right from servers that tell another
// place or length, tell none, give several parts, or a part of what is packed.
func TestAPartThatIsNotWhatWasAskedForIsNotTaken(t *testing.T) {
	for what, head := range map[string]string{
		"a right one":        "Content-Range: bytes 4-9/10\n456789",
		"from another byte":  "Content-Range: bytes 3-9/10\n3456789",
		"from the beginning": "Content-Range: bytes 0-9/10\n" + digits,
		"too little":         "Content-Range: bytes 4-7/10\n4567",
		"another length":     "Content-Range: bytes 4-9/10\n4567",
		"no place":           "X-None: 1\n456789",
		"nonsense":           "Content-Range: bytes four-nine/ten\n456789",
		"several parts":      "Content-Type: multipart/byteranges; boundary=x\n--x",
		"packed":             "Content-Encoding: gzip\nContent-Range: bytes 4-9/10\n456789",
		"no length":          "Content-Range: bytes 4-9/*\n456789",
	} {
		s := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			lines := strings.Split(head, "\n")
			for _, line := range lines[:len(lines)-1] {
				name, value, _ := strings.Cut(line, ": ")
				w.Header().Set(name, value)
			}
			w.WriteHeader(http.StatusPartialContent)
			_, _ = io.WriteString(w, lines[len(lines)-1])
		})
		body, err := s.Get(t.Context(), "x", 4, -1)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		b, err := io.ReadAll(body)
		body.Close()
		if string(b) != digits[4:] || err != nil {
			t.Errorf("%s: %q %v", what, b, err)
		}
	}
}

// TestAPartIsAskedForOfOneContent: a server that knows conditions gives all of another content.
func TestAPartIsAskedForOfOneContent(t *testing.T) {
	var asked string
	s := answering(t, func(_ http.ResponseWriter, r *http.Request) { asked = r.Header.Get("If-Range") })
	res, err := s.From(t.Context(), "x", `"one"`, 4)
	if err != nil {
		if asked != `"one"` {
			t.Errorf("%q was asked for", asked)
		}
		return // nothing came
	}
	res.Body.Close()
	t.Error("an empty answer was taken for the rest")
}

// TestWhatIsKeptPackedIsUnpacked, and is damaged where it is cut off.
func TestWhatIsKeptPackedIsUnpacked(t *testing.T) {
	var packed strings.Builder
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, digits)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for how, want := range map[string]string{"gzip": digits, "x-gzip": digits, "identity": packed.String(), "br": ""} {
		for cut := range 2 {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", how)
				text := packed.String()[:packed.Len()-9*cut]
				w.Header().Set("Content-Length", fmt.Sprint(len(text)))
				_, _ = io.WriteString(w, text)
			}))
			s := web.New(server.URL, nil)
			body, err := s.Get(t.Context(), "x", 0, -1)
			var b []byte
			if err == nil {
				b, err = io.ReadAll(body)
				body.Close()
			}
			s.Close()
			server.Close()
			switch {
			case how == "identity":
			case how == "br" || cut == 1:
				if err == nil {
					t.Errorf("%s, cut %d: %q was taken", how, cut, b)
				}
			case string(b) != want || err != nil:
				t.Errorf("%s: %q %v", how, b, err)
			}
		}
	}
}
