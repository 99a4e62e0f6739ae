package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fileServer serves a project with a snapshot of a folder: a file of several chunks, and a page that somebody else wrote.
func fileServer(t *testing.T) (ask func(query string, headers ...string) (*http.Response, []byte, error), large []byte, dir string) {
	t.Helper()
	h, dir := dataAPI(t)
	large = make([]byte, 20<<20)
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range large {
		large[i] = byte(noise.Uint32())
	}
	fatal(t, os.Mkdir(filepath.Join(dir, "imgs"), 0o755))
	fatal(t, os.WriteFile(filepath.Join(dir, "imgs/large.bin"), large, 0o644))
	fatal(t, os.WriteFile(filepath.Join(dir, "imgs/page.html"), []byte("<script>"), 0o644))
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	for _, call := range [][2]string{{"/datasets", `{"path":"imgs"}`}, {"/datasets/imgs/snapshots", "{}"}, {"/datasets", `{"path":"data/w.csv"}`}, {"/datasets/w/snapshots", "{}"}} {
		res, err := http.Post(srv.URL+"/api/v1"+call[0], "application/json", strings.NewReader(call[1]))
		fatal(t, err)
		res.Body.Close()
	}
	fatal(t, os.RemoveAll(filepath.Join(dir, "imgs"))) // what is served is the snapshot's
	return func(query string, headers ...string) (*http.Response, []byte, error) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/api/v1/datasets/"+query, nil)
		fatal(t, err)
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		fatal(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return res, b, err
	}, large, dir
}

func TestAFileOfASnapshotIsServedAsItWas(t *testing.T) {
	ask, large, _ := fileServer(t)
	res, got, err := ask("imgs/snapshots/1/file?path=large.bin")
	sum := sha256.Sum256(large)
	if err != nil || !bytes.Equal(got, large) || res.ContentLength != int64(len(large)) || res.Header.Get("ETag") != `"`+hex.EncodeToString(sum[:])+`"` {
		t.Fatalf("%v %v: %d of %d bytes, %v", res.Status, res.Header, len(got), len(large), err)
	}
	for asked, want := range map[string][]byte{
		"bytes=0-9":               large[:10],
		"bytes=-5":                large[len(large)-5:],
		"bytes=9000000-16000000":  large[9000000:16000001],
		"bytes=20971519-99999999": large[len(large)-1:],
	} {
		if res, got, err := ask("imgs/snapshots/1/file?path=large.bin", "Range", asked); err != nil || res.StatusCode != http.StatusPartialContent || !bytes.Equal(got, want) {
			t.Errorf("%s: %s, %d bytes, want %d, %v", asked, res.Status, len(got), len(want), err)
		}
	}
	if res, _, _ := ask("imgs/snapshots/1/file?path=large.bin", "Range", "bytes=99999999-"); res.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a range behind the end: %s", res.Status)
	}
	if res, _, _ := ask("imgs/snapshots/1/file?path=large.bin", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("what the browser has: %s", res.Status)
	}
	if res, got, _ := ask("w/snapshots/1/file"); string(got) != "id,t\n1,2\n2,3\n" || !strings.Contains(res.Header.Get("Content-Disposition"), "w.csv") {
		t.Errorf("a single file: %v %q", res.Header, got)
	}
	for _, inline := range []string{"", "&inline=1"} {
		res, _, _ := ask("imgs/snapshots/1/file?path=page.html" + inline)
		how := strings.HasPrefix(res.Header.Get("Content-Disposition"), "inline")
		if !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "sandbox;") || res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.Header.Get("Cache-Control"), "no-cache") || how != (inline != "") {
			t.Errorf("a page of somebody else%s: %v", inline, res.Header)
		}
	}
}

func TestAFileThatASnapshotHasNotIsNotServed(t *testing.T) {
	ask, _, _ := fileServer(t)
	for query, want := range map[string]struct {
		status int
		words  string
	}{
		"imgs/snapshots/1/file":                             {400, "several files: name one"},
		"imgs/snapshots/1/file?path=none":                   {404, `no file \"none\"`},
		"imgs/snapshots/1/file?path=../data/w.csv":          {404, "no file"},
		"imgs/snapshots/2/file?path=large.bin":              {404, "no snapshot 2"},
		"imgs/snapshots/x/file?path=large.bin":              {400, "number"},
		"imgs/snapshots/1/file?path=large.bin&inline=maybe": {400, "inline"},
	} {
		if res, got, _ := ask(query); res.StatusCode != want.status || !strings.Contains(string(got), want.words) {
			t.Errorf("%s: %s %.200s", query, res.Status, got)
		}
	}
}

// TestADamagedFileIsNotServedToItsEnd: neither its damaged piece nor anything that looks whole.
func TestADamagedFileIsNotServedToItsEnd(t *testing.T) {
	ask, large, dir := fileServer(t)
	flip := func(at int) {
		t.Helper()
		fatal(t, filepath.WalkDir(filepath.Join(dir, ".rondo/objects"), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if i := bytes.Index(b, large[at:at+64]); i >= 0 {
				b[i] ^= 1
				err = errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, b, 0o600))
			}
			return err
		}))
	}
	flip(15 << 20)
	_, got, err := ask("imgs/snapshots/1/file?path=large.bin")
	if err == nil || len(got) > 15<<20 || !bytes.Equal(got, large[:len(got)]) {
		t.Errorf("damaged behind: %d bytes, %v", len(got), err)
	}
	if _, got, err := ask("imgs/snapshots/1/file?path=large.bin", "Range", "bytes=0-99"); err != nil || !bytes.Equal(got, large[:100]) {
		t.Errorf("the part before the damage: %d bytes, %v", len(got), err)
	}
	flip(0)
	if res, got, err := ask("imgs/snapshots/1/file?path=large.bin"); err != nil || res.StatusCode != 500 || !strings.Contains(string(got), "damaged") || !strings.Contains(string(got), "hint") {
		t.Errorf("damaged at its beginning: %s %.200q %v", res.Status, got, err)
	}
}
