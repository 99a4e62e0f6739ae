package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/api"
	"rondo/backend/dataset"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/store"
)

// dataAPI is the API over a project with one file of data.
func dataAPI(t *testing.T) (h http.Handler, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "p")
	fatal(t, os.MkdirAll(filepath.Join(dir, "data"), 0o755))
	fatal(t, os.WriteFile(filepath.Join(dir, "data/w.csv"), []byte("id,t\n1,2\n2,3\n"), 0o644))
	l, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo/journal"), Device: "d", IndexPath: dir + "-device/index.db", Nouns: []index.Noun{dataset.Index()},
	})
	fatal(t, err)
	t.Cleanup(func() { l.Close() })
	s, err := store.Open(filepath.Join(dir, ".rondo/objects"))
	fatal(t, err)
	d, err := dataset.Open(t.Context(), dataset.Options{Ledger: l, Store: s, Dir: dir, Device: dir + "-device"})
	fatal(t, err)
	t.Cleanup(func() { d.Close() })
	return (&api.API{Ledger: l, Datasets: d}).Handler(), dir
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDatasetsOverHTTP(t *testing.T) {
	h, dir := dataAPI(t)
	do := func(method, path, body string) (int, map[string]any, string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body)))
		var out map[string]any
		json.Unmarshal(w.Body.Bytes(), &out)
		return w.Code, out, w.Body.String()
	}
	if _, _, text := do("GET", "/datasets", ""); strings.TrimSpace(text) != "[]" {
		t.Errorf("no datasets are %q", text)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/datasets", `{"path":"../x"}`, 400, "no path inside"},
		{"POST", "/datasets", `{"path":"data/none"}`, 404, "does not exist"},
		{"POST", "/datasets", `{"path":"data/w.csv","desc":"weather"}`, 200, `"name":"w"`},
		{"GET", "/datasets/w/status", "", 200, `"state":"unversioned"`},
		{"GET", "/datasets/w/snapshots", "", 200, "[]"},
		{"POST", "/datasets/w/snapshots", `{"message":"first"}`, 200, `"number":1`},
		{"GET", "/datasets/w/snapshots/1", "", 200, `"used_by":[]`},
		{"GET", "/datasets/w/snapshots/7", "", 404, "no snapshot 7"},
		{"GET", "/datasets/w/snapshots/0", "", 400, "1 or more"},
		{"GET", "/datasets/w/snapshots/1/profile", "", 200, `"type":"integer"`},
		{"GET", "/datasets/w/snapshots/1/rows?offset=1&limit=1", "", 200, `"rows":[["2","3"]]`},
		{"GET", "/datasets/w/snapshots/1/rows?limit=100000", "", 400, "limit"},
		{"GET", "/datasets/w/snapshots/1/rows?file=../../etc/passwd", "", 404, "has no file"},
		{"GET", "/datasets/w/snapshots/1/files", "", 200, `"path":"w.csv"`},
		{"GET", "/datasets/w/diff", "", 0, "no snapshot before w@1"},
		{"POST", "/datasets/w/verify", `{}`, 200, `"ok":true`},
		{"GET", "/datasets/none", "", 404, "no dataset called"},
		{"POST", "/objects/verify", `{}`, 200, `"ok":true`},
		{"POST", "/objects/verify", `{"sample":400}`, 400, "sample"},
		{"POST", "/objects/collect", `{"dry_run":true}`, 200, `"objects":0`},
		{"POST", "/objects/collect", `{"grace_ns":-1}`, 400, "grace"},
		{"GET", "/remotes", "", 200, "[]"},
		{"GET", "/remotes/status", "", 404, "no remote yet"},
		{"POST", "/remotes", `{"name":"r","address":"relative"}`, 400, "full path"},
		{"POST", "/remotes", `{"name":"r","address":"` + filepath.ToSlash(dir) + `-remote"}`, 200, `"name":"r"`},
		{"POST", "/remotes/fetch", `{}`, 412, "holds nothing"},
		{"POST", "/remotes/push", `{"datasets":["none"]}`, 404, "no dataset called"},
		{"POST", "/remotes/push", `{}`, 200, `"snapshots":1`},
		{"GET", "/remotes/status?remote=r", "", 200, `"in_sync":true`},
		{"POST", "/remotes/verify", `{"remote":"r"}`, 200, `"ok":true`},
		{"POST", "/remotes/verify", `{"sample":400}`, 400, "sample"},
		{"POST", "/remotes/verify", `{"remote":"nobody"}`, 404, "no remote called"},
		{"POST", "/remotes/pull", `{"dataset":"w"}`, 200, `"number":1`},
		{"POST", "/remotes/collect", `{"dry_run":true}`, 200, `"snapshots":1`},
		{"POST", "/remotes/collect", `{"remote":"nobody"}`, 404, "no remote called"},
		{"POST", "/datasets/w/unprotect", ``, 200, `"files":0`},
		{"POST", "/datasets/none/unprotect", ``, 404, "no dataset called"},
	} {
		status, _, text := do(c.method, c.path, c.body)
		if c.status != 0 && status != c.status || status >= 500 || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %d %s, want %d with %q", c.method, c.path, status, text, c.status, c.want)
		}
	}
	fatal(t, os.WriteFile(filepath.Join(dir, "data/w.csv"), []byte("id,t\n1,2\n2,4\n"), 0o644))
	if status, _, text := do("POST", "/datasets/w/checkout", `{"number":1}`); status != 409 || !strings.Contains(text, "hint") {
		t.Errorf("checkout over work: %d %s", status, text)
	}
	do("POST", "/datasets/w/snapshots", `{}`)
	if _, out, text := do("GET", "/datasets/w/diff?from=1&to=2&key=id", ""); out["count"] != 1.0 || !strings.Contains(text, `"changed":1`) {
		t.Errorf("diff: %s", text)
	}
	if status, out, text := do("POST", "/datasets/w/checkout", `{"number":1}`); status != 200 || out["number"] != 1.0 {
		t.Errorf("checkout: %d %s", status, text)
	}
}
