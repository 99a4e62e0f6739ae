package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/web"
)

// TestWhatLetsInStaysWithItsServer: neither a header of one's own nor a password goes along to
// where a server sends on to, and nothing goes on from what is encrypted to what is not.
func TestWhatLetsInStaysWithItsServer(t *testing.T) {
	var seen atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Get("X-Key") + r.Header.Get("Authorization"))
		_, _ = io.WriteString(w, "data")
	}))
	defer other.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key")+r.Header.Get("Authorization") == "" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, other.URL+"/there", http.StatusTemporaryRedirect)
	}))
	defer first.Close()
	for _, keys := range []map[string]string{{"auth": "custom", "custom_auth_header": "X-Key", "password": "secret"}, {"user": "anna", "password": "secret"}} {
		s := web.New(first.URL, keys)
		body, err := s.Get(t.Context(), "x", 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(body)
		body.Close()
		s.Close()
		if string(b) != "data" || seen.Load() != "" {
			t.Errorf("%q came, and %q went along", b, seen.Load())
		}
	}
}

// TestAServerThatIsBusyIsAskedAgain, and many names are asked for side by side.
func TestAServerThatIsBusyIsAskedAgain(t *testing.T) {
	var now atomic.Int32
	var been sync.Map
	var all, one sync.Once
	company := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if now.Add(1) > 2 {
			all.Do(func() { close(company) })
		}
		defer now.Add(-1)
		one.Do(func() {
			select {
			case <-company:
			case <-time.After(10 * time.Second):
			}
		})
		switch {
		case first(&been, r.URL.Path):
			w.WriteHeader(http.StatusServiceUnavailable)
		case strings.HasSuffix(r.URL.Path, "9"):
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, "data")
		}
	}))
	defer server.Close()
	s := web.New(server.URL, nil)
	defer s.Close()
	var names []string
	for i := range 200 {
		names = append(names, "x"+strings.Repeat("1", i%7)+string(rune('0'+i%10))+string(rune('a'+i/10))+string(rune('0'+i%10)))
	}
	sizes, err := s.Sizes(t.Context(), names)
	if err != nil || len(sizes) != 180 {
		t.Errorf("%d %v", len(sizes), err)
	}
	select {
	case <-company:
	default:
		t.Error("one was asked for after the other")
	}
}

func first(been *sync.Map, at string) bool {
	_, was := been.LoadOrStore(at, true)
	return !was
}

// TestAServerThatRefusesIsNotAskedAgain, and who lacks a password is told other than who lacks the right.
func TestAServerThatRefusesIsNotAskedAgain(t *testing.T) {
	for status, way := range map[int]string{http.StatusUnauthorized: "user and password", http.StatusForbidden: "ask who runs it"} {
		var n atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			http.Error(w, "no", status)
		}))
		s := web.New(server.URL, nil)
		if _, err := s.Get(t.Context(), "x", 0, -1); !errs.Is(err, errs.Denied) || !strings.Contains(errs.HintOf(err), way) || n.Load() != 1 {
			t.Errorf("%d: %v (%s) after %d", status, err, errs.HintOf(err), n.Load())
		}
		s.Close()
		server.Close()
	}
}

// TestTheRestOfAFile comes from a server that knows parts, and from one that gives all of it.
func TestTheRestOfAFile(t *testing.T) {
	for _, knows := range []bool{true, false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !knows {
				r.Header.Del("Range")
			}
			http.ServeContent(w, r, "x", time.Unix(1e9, 0), strings.NewReader("0123456789"))
		}))
		s := web.New(server.URL, nil)
		for offset, want := range map[int64]string{0: "0123456789", 4: "456789", 10: ""} {
			body, err := s.Get(t.Context(), "x", offset, -1)
			if err != nil {
				t.Fatal(err)
			}
			if b, _ := io.ReadAll(body); string(b) != want {
				t.Errorf("from %d: %q", offset, b)
			}
			body.Close()
		}
		s.Close()
		server.Close()
	}
}
