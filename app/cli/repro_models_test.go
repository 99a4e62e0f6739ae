package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"rondo/app/client"
)

// TestWhatReproMakesIsThereForTheNextVerb: a script need not wait until a model is registered and judged.
func TestWhatReproMakesIsThereForTheNextVerb(t *testing.T) {
	w := newWorld(t)
	w.ok("trust", "--yes")
	for n := 1; n <= 4; n++ {
		args := []string{"repro", "-S", fmt.Sprintf("train.l2=%d", n)}
		if n%2 == 0 {
			args = append(args, "--json")
		}
		r := w.run(args...)
		if r.code != 0 || n%2 == 1 && !strings.Contains(r.out, "weather: version ") {
			t.Fatalf("%v: %+v", args, r)
		}
		w.check([]expect{{fmt.Sprintf("model show weather %d", n), 0, []string{"Judged"}}, {"decisions", 0, []string{"promot"}}})
	}
	if r := w.run("repro"); r.code != 0 || strings.Contains(r.out+r.err, "weather: version") || strings.Contains(r.err, "still being judged") {
		t.Errorf("nothing is new: %+v", r)
	}
}

// TestReproWaitsForWhatIsSlow: a server that knows nothing of the model when it is asked first, and has
// not decided when it is asked again, is asked until it has.
func TestReproWaitsForWhatIsSlow(t *testing.T) {
	for _, args := range [][]string{{"repro"}, {"repro", "--json"}} {
		w := newWorld(t)
		w.ok("trust", "--yes")
		var asked atomic.Int32
		w.inFront(func(r *httputil.ProxyRequest) {
			switch {
			case strings.HasSuffix(r.In.URL.Path, "/decisions"):
				asked.Add(1)
			case asked.Load() == 1 && strings.HasSuffix(r.In.URL.Path, "/models/weather/versions"):
				r.Out.URL.Path = strings.Replace(r.Out.URL.Path, "weather", "none", 1)
			}
		}, func(r *http.Response) error {
			if !strings.HasSuffix(r.Request.URL.Path, "/decisions") || asked.Load() > 3 {
				return nil
			}
			b, err := io.ReadAll(r.Body)
			if b = states.ReplaceAll(b, []byte(`"state":"running"`)); asked.Load() == 1 {
				b = []byte("[]")
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Set("Content-Length", fmt.Sprint(len(b)))
			return err
		})
		if r := w.run(args...); r.code != 0 || asked.Load() < 4 || len(args) == 1 && !strings.Contains(r.out, "weather: version ") {
			t.Errorf("%v: asked %d times: %+v", args, asked.Load(), r)
		}
	}
}

var states = regexp.MustCompile(`"state":"[a-z]+"`)

// inFront lets something stand before the server that runs, by which its answers go.
func (w *world) inFront(ask func(*httputil.ProxyRequest), answer func(*http.Response) error) {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.home, "*", "server.json"))
	if err != nil || len(found) != 1 {
		w.t.Fatal(found, err)
	}
	info := w.info()
	to, err := url.Parse(info.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		ask(r)
	}, ModifyResponse: answer})
	says := func(address string) {
		w.t.Helper()
		info.URL = address
		if err := client.WriteInfo(filepath.Dir(found[0]), info); err != nil {
			w.t.Fatal(err)
		}
	}
	w.t.Cleanup(func() {
		says(to.String()) // which is to be stopped
		front.Close()
	})
	says(front.URL)
}
