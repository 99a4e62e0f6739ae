package mlflow_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	door "rondo/backend/door/mlflow"
	"rondo/backend/evaluation"
	"rondo/backend/index"
	"rondo/backend/interop/mlflow"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/store"
	"rondo/backend/trace"
	"rondo/backend/webhook"
)

// house is a project with MLflow's door, to which the real client speaks, and an importer.
type house struct {
	dir      string
	ledger   *ledger.Ledger
	runs     *run.Service
	registry *registry.Service
	traces   *trace.Service
	importer *mlflow.Importer
	url      string
}

func nouns(dir string) []index.Noun {
	return []index.Noun{run.Index(dir), registry.Index(), trace.Index(), evaluation.Index(), webhook.Index(), mlflow.Index()}
}

func open(t testing.TB) *house {
	t.Helper()
	h := &house{dir: t.TempDir()}
	device := filepath.Join(t.TempDir(), "device")
	var err error
	h.ledger, err = ledger.Open(t.Context(), ledger.Options{JournalDir: filepath.Join(h.dir, ".rondo", "journal"), Device: "laptop", IndexPath: filepath.Join(device, "index.db"), Nouns: nouns(h.dir)})
	must(t, err)
	objects, err := store.Open(filepath.Join(h.dir, ".rondo", "objects"))
	must(t, err)
	h.runs, err = run.Open(t.Context(), run.Options{Ledger: h.ledger, Dir: h.dir})
	must(t, err)
	t.Cleanup(func() { h.runs.Close(); h.ledger.Close() })
	h.registry = registry.New(registry.Options{Ledger: h.ledger, Store: objects, Device: device, Describe: func(string) (string, json.RawMessage, error) { return "mlflow", nil, nil }})
	h.traces = door.Traces(h.ledger, h.runs, h.dir)
	judged := door.Evaluation(h.ledger, h.runs)
	h.importer = &mlflow.Importer{Ledger: h.ledger, Runs: h.runs, Registry: h.registry, Traces: h.traces, Evaluation: judged}
	server := httptest.NewServer(door.New(door.Options{
		Runs: h.runs, Registry: h.registry, Store: objects, Traces: h.traces, Evaluation: judged, Webhooks: door.Webhooks(h.ledger, h.registry, filepath.Join(device, "webhooks.json")),
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bring imports and wants no error.
func (h *house) bring(t testing.TB, source string, roots ...string) mlflow.Account {
	t.Helper()
	a, err := h.importer.Import(t.Context(), source, mlflow.Options{Roots: roots, Temp: t.TempDir()}, nil)
	must(t, err)
	return a
}

// counts are those of a kind: new, changed, same, left.
func counts(a mlflow.Account, kind string) [4]int {
	for _, c := range a.Counts {
		if c.Kind == kind {
			return [4]int{c.New, c.Changed, c.Same, c.Left}
		}
	}
	return [4]int{}
}

func leftWith(a mlflow.Account, words string) bool {
	return slices.ContainsFunc(a.Left, func(l mlflow.Left) bool { return strings.Contains(l.Why, words) })
}

// client is the real MLflow client in a process that takes commands.
type client struct {
	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
}

func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", ".."))
	must(t, err)
	return dir
}

func startClient(t testing.TB) *client {
	t.Helper()
	python := filepath.Join(root(t), ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("the Python packages of the tests are not installed: run make setup (%v)", err)
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join(root(t), "testdata", "python", "mlflow", "store.py"))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "MLFLOW_TRACKING_URI=", "MLFLOW_REGISTRY_URI=", "MLFLOW_RUN_ID=", "PYTHONDONTWRITEBYTECODE=1")
	var errors strings.Builder
	cmd.Stderr = &errors
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the client says: %s", tail(errors.String()))
		}
	})
	return &client{in: in, out: bufio.NewReaderSize(out, 1<<20)}
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

// do sends a command and reads its answer into out.
func (c *client) do(t testing.TB, out any, command ...any) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := json.Marshal(command)
	must(t, err)
	_, err = fmt.Fprintf(c.in, "%s\n", b)
	must(t, err)
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: the client ended", command)
		}
		if text, ok := strings.CutPrefix(line, "answer "); ok {
			if out != nil {
				must(t, json.Unmarshal([]byte(text), out))
			}
			return
		}
	}
}

func (c *client) dump(t testing.TB, uri string) (all map[string]any) {
	t.Helper()
	c.do(t, &all, "dump", uri)
	return all
}

// differences lists where two dumps differ, field by field.
func differences(path string, a, b any, list *[]string) {
	x, isMap := a.(map[string]any)
	y, isToo := b.(map[string]any)
	if isMap && isToo {
		keys := map[string]bool{}
		for k := range x {
			keys[k] = true
		}
		for k := range y {
			keys[k] = true
		}
		for k := range keys {
			differences(path+"/"+k, x[k], y[k], list)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		*list = append(*list, fmt.Sprintf("%s: %.300v, want %.300v", path, b, a))
	}
}

// same compares what the client says of two stores, but for what is on the list.
func same(t testing.TB, want, got map[string]any, allowed ...string) {
	t.Helper()
	var list []string
	differences("", want, got, &list)
	list = slices.DeleteFunc(list, func(d string) bool {
		return slices.ContainsFunc(allowed, func(a string) bool { return strings.Contains(d, a) })
	})
	slices.Sort(list)
	for i, d := range list {
		if i == 30 {
			t.Errorf("and %d more", len(list)-i)
			break
		}
		t.Error(d)
	}
}
