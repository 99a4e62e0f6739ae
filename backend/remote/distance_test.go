package remote_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// TestWhatIsNoAnswerOfAStore: a login page in its place, a way to elsewhere, and credentials that
// have run out are told as what they are.
func TestWhatIsNoAnswerOfAStore(t *testing.T) {
	page := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><html><body>Welcome to the hotel</body></html>"))
	}
	for what, c := range map[string]struct {
		answer    func(w http.ResponseWriter, r *http.Request)
		kind      errs.Kind
		says, way string
	}{
		"a page": {func(w http.ResponseWriter, _ *http.Request) { page(w) }, errs.Unavailable, "web page", "log in"},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://login.invalid/", http.StatusFound)
		}, errs.Denied, "another place", "log in"},
		"run out": {func(w http.ResponseWriter, _ *http.Request) {
			remotetest.Refuse(w, http.StatusBadRequest, "ExpiredToken")
		}, errs.Denied, "any more", "AWS_ACCESS_KEY_ID"},
		"no such key": {func(w http.ResponseWriter, _ *http.Request) {
			remotetest.Refuse(w, http.StatusForbidden, "InvalidAccessKeyId")
		}, errs.Denied, "does not let you", "AWS_ACCESS_KEY_ID"},
	} {
		t.Run(what, func(t *testing.T) {
			s3 := remotetest.StartFakeS3(t)
			s3.Change(func(b map[string][]byte) { b["x"] = []byte("x") })
			r := open(t, s3.Address)
			s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool { c.answer(w, r); return true }
			check := func(doing string, err error) {
				t.Helper()
				if !errs.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || !strings.Contains(errs.HintOf(err), c.way) {
					t.Errorf("%s: %v; %s", doing, err, errs.HintOf(err))
				}
			}
			_, err := remote.Read(t.Context(), r, "x", 100)
			check("get", err)
			check("list", r.List(t.Context(), "x", func(remote.Blob) error { return nil }))
			check("put", r.Replace(t.Context(), "y", remote.Content([]byte("y"))))
			if what != "run out" && what != "no such key" { // of which a HEAD tells a status only
				_, err = r.Sizes(t.Context(), []string{"x"})
				check("head", err)
				a, err := remote.ParseAddress(s3.Address)
				must(t, err)
				_, err = remote.Open(t.Context(), a)
				check("open", err)
			}
		})
	}
}

// TestAPageThatIsAnObjectIsOne.
func TestAPageThatIsAnObjectIsOne(t *testing.T) {
	s3 := remotetest.StartFakeS3(t)
	text := "<html>mine</html>"
	s3.Change(func(b map[string][]byte) { b["x.html"] = []byte(text) })
	if b, err := remote.Read(t.Context(), open(t, s3.Address), "x.html", 100); err != nil || string(b) != text {
		t.Errorf("%q %v", b, err)
	}
}

// TestACertificateThatProvesNothing is told of, and no data is sent there.
func TestACertificateThatProvesNothing(t *testing.T) {
	remotetest.StartFakeS3(t) // for the credentials
	asked := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	for endpoint, says := range map[string]string{
		server.URL: "cannot prove", "https://" + plainServer(t): "speaks no TLS",
	} {
		a, err := remote.ParseAddress("s3://bucket?region=us-east-1&path_style=true&endpoint=" + url.QueryEscape(endpoint))
		must(t, err)
		_, err = remote.Open(t.Context(), a)
		if err == nil || errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), says) || errs.HintOf(err) == "" ||
			says == "cannot prove" && !strings.Contains(errs.HintOf(err), "SSL_CERT_FILE=") {
			t.Errorf("%s: %v; %s", endpoint, err, errs.HintOf(err))
		}
	}
	if asked > 0 {
		t.Error("it was asked all the same")
	}
}

func plainServer(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// TestWhoeverWaitsIsToldWhy: of a store that is overloaded, while it is asked again.
func TestWhoeverWaitsIsToldWhy(t *testing.T) {
	s3 := remotetest.StartFakeS3(t)
	s3.Change(func(b map[string][]byte) { b["x"] = []byte("x") })
	r := open(t, s3.Address)
	var mu sync.Mutex
	n, said := 0, []string{}
	s3.Meddle = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		mu.Lock()
		defer mu.Unlock()
		if n++; n > 2 {
			return false
		}
		remotetest.Refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	}
	ctx := remote.WithNotice(t.Context(), func(text string) { mu.Lock(); said = append(said, text); mu.Unlock() })
	if b, err := remote.Read(ctx, r, "x", 100); err != nil || string(b) != "x" {
		t.Errorf("%q %v", b, err)
	}
	if len(said) != 2 || !strings.Contains(said[0], "503") || !strings.Contains(said[0], "again") {
		t.Errorf("%q", said)
	}
}
