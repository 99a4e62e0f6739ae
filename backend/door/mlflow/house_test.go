package mlflow_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/door/mlflow"
	"rondo/backend/evaluation"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/store"
	"rondo/backend/trace"
	"rondo/backend/webhook"
)

// house is the door with a real project behind it.
type house struct {
	door     *mlflow.Door
	runs     *run.Service
	registry *registry.Service
	dir      string
	ledger   *ledger.Ledger
}

func open(t testing.TB) *house {
	t.Helper()
	h := &house{dir: t.TempDir()}
	device := filepath.Join(t.TempDir(), "device")
	l, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(h.dir, ".rondo", "journal"), Device: "laptop", IndexPath: filepath.Join(device, "index.db"),
		Nouns: nouns(h.dir),
	})
	must(t, err)
	h.ledger = l
	objects, err := store.Open(filepath.Join(h.dir, ".rondo", "objects"))
	must(t, err)
	h.runs, err = run.Open(t.Context(), run.Options{Ledger: l, Dir: h.dir})
	must(t, err)
	t.Cleanup(func() { h.runs.Close(); l.Close() })
	h.registry = registry.New(registry.Options{Ledger: l, Store: objects, Device: device, Describe: describe})
	h.door = mlflow.New(mlflow.Options{
		Runs: h.runs, Registry: h.registry, Store: objects, Traces: mlflow.Traces(l, h.runs, h.dir), Evaluation: mlflow.Evaluation(l, h.runs),
		Webhooks: mlflow.Webhooks(l, h.registry, filepath.Join(device, "webhooks.json")), MaxUpload: 1 << 20,
	})
	return h
}

func nouns(dir string) []index.Noun {
	return []index.Noun{run.Index(dir), registry.Index(), trace.Index(), evaluation.Index(), webhook.Index()}
}

func describe(string) (string, json.RawMessage, error) { return "mlflow", nil, nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// do sends a request whose path may leave out the usual prefix.
func (h *house) do(t testing.TB, method, path, body string) answer {
	t.Helper()
	if strings.HasPrefix(path, "mlflow") {
		path = "/api/2.0/" + path
	}
	req := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return h.send(t, req)
}

func (h *house) send(t testing.TB, req *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, req)
	res := w.Result()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	a := answer{status: res.StatusCode, header: res.Header, text: string(b)}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	dec.Decode(&a.body)
	return a
}

// ok sends a request that must succeed.
func (h *house) ok(t testing.TB, method, path, body string) answer {
	t.Helper()
	a := h.do(t, method, path, body)
	if a.status != http.StatusOK {
		t.Fatalf("%s %s %s: %d %s", method, path, body, a.status, a.text)
	}
	return a
}

// at reads a value by its path, as text; numbers are places in a list.
func (a answer) at(path string) string {
	var v any = a.body
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i := int(part[0] - '0')
			if i >= len(x) {
				return ""
			}
			v = x[i]
		default:
			return ""
		}
	}
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case json.Number:
		return x.String()
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// run makes a run in the default experiment.
func (h *house) run(t testing.TB) string {
	t.Helper()
	return h.ok(t, "POST", "mlflow/runs/create", `{"experiment_id":"0","start_time":1000}`).at("run.info.run_id")
}

// root finds the repository.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("go.mod is nowhere above")
		}
		dir = filepath.Dir(dir)
	}
}

// rebuilt makes the index anew from the journal and wants the same rows.
func (h *house) rebuilt(t testing.TB) {
	t.Helper()
	dump := func(l *ledger.Ledger) string {
		var b bytes.Buffer
		must(t, l.Dump(t.Context(), &b))
		return b.String()
	}
	fresh, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(h.dir, ".rondo", "journal"), Device: "other", IndexPath: filepath.Join(t.TempDir(), "index.db"), Nouns: nouns(h.dir),
	})
	must(t, err)
	defer fresh.Close()
	if before, after := dump(h.ledger), dump(fresh); before != after {
		t.Errorf("the index made anew differs:\n%s\n---\n%s", before, after)
	}
}

// newRequest is a request with a JSON body.
func newRequest(method, path, body string) *http.Request {
	req := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	return req
}

func gzipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, s)
	must(t, err)
	must(t, w.Close())
	return b.String()
}
