package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/pipeline"
	"rondo/backend/project"
	"rondo/backend/store"
)

// The test program is also the runner: it kills itself at the moment that
// RONDO_TEST_KILL names, or so long after it began, as a power cut would.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "pipeline-run" {
		at := os.Getenv("RONDO_TEST_KILL")
		if wait, err := time.ParseDuration(at); err == nil {
			time.AfterFunc(wait, func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) })
		} else if at != "" {
			fault.Hook(func(point string) {
				if point == at {
					syscall.Kill(os.Getpid(), syscall.SIGKILL)
				}
			})
		}
		ops := failAsTold(os.Getenv("RONDO_TEST_FAIL"))
		err := pipeline.Run(context.Background(), os.Args[2], os.Stdout, surroundings, nil)
		if os.Getenv("RONDO_TEST_FAIL") != "" {
			fmt.Println("OPS", ops())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// surroundings stands for what app finds out: here a file of the folder tells it.
func surroundings(_ []string, dir string, _ []string) map[string]string {
	b, err := os.ReadFile(filepath.Join(dir, "tools", "lib", "versions.json"))
	var out map[string]string
	if err != nil || json.Unmarshal(b, &out) != nil {
		return nil
	}
	return out
}

// house is a project with a pipeline.Service whose runs are real processes.
type house struct {
	*pipeline.Service
	t       *testing.T
	dir     string
	device  string
	ledger  *ledger.Ledger
	store   *store.Store
	file    project.File
	trusted error
	kill    string // moment at which the runner dies
	fail    string // what fails in it
	said    string // by the runner
	refuse  error  // what launching says
	slow    bool   // a launch only begins
	apart   bool   // no snapshot has what stages read
	env     map[string]string
	now     time.Time // zero: the clock

	mu       sync.Mutex
	runs     map[string]pipeline.RunState
	launched int
	logged   []string
	verdicts []pipeline.Reproduction
}

func build(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), device: t.TempDir(), runs: map[string]pipeline.RunState{}, env: map[string]string{"os": "test"}}
	h.write("data.txt", "3\n1\n2\n")
	h.write("params.yaml", "# how\nsort:\n  order: up # or down\nother: 1\n")
	h.file.Stages = map[string]project.Stage{
		"sort": {
			Cmd: project.Lines{`sh -c 'echo sorting; if grep -q "order: down" params.yaml; then sort -r data.txt; else sort data.txt; fi > sorted.txt'`}, Deps: project.Lines{"data.txt"},
			Params: project.Params{{File: "params.yaml", Keys: []string{"sort"}}}, Outs: project.Outs{{Path: "sorted.txt"}},
		},
		"count": {
			Cmd:  project.Lines{`sh -c 'mkdir model; cp sorted.txt model/; echo "{\"lines\": $(wc -l < sorted.txt), \"nested\": {\"x\": 0.5}}" > metrics.json'`},
			Deps: project.Lines{"sorted.txt"}, Outs: project.Outs{{Path: "model"}}, Metrics: project.Outs{{Path: "metrics.json"}},
		},
	}
	h.open()
	return h
}

func (h *house) open() {
	h.t.Helper()
	if h.ledger != nil {
		h.ledger.Close()
	}
	var err error
	if h.store, err = store.Open(filepath.Join(h.dir, ".rondo", "objects")); err != nil {
		h.t.Fatal(err)
	}
	h.ledger, err = ledger.Open(h.t.Context(), ledger.Options{
		JournalDir: filepath.Join(h.dir, ".rondo", "journal"), Device: "laptop", IndexPath: filepath.Join(h.device, "index.db"), Nouns: []index.Noun{pipeline.Index()},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { h.ledger.Close() })
	self, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	h.Service = pipeline.New(pipeline.Options{
		Ledger: h.ledger, Store: h.store, Dir: h.dir, Device: h.device, Objects: filepath.Join(h.dir, ".rondo", "objects"), Executable: self,
		File: func() *project.File { return &h.file }, Trusted: func() error { return h.trusted }, Launch: h.launch, RunState: h.runState,
		RunDir: func(id string) string { return filepath.Join(h.dir, ".rondo", "runs", id) },
		Code:   func(context.Context) (pipeline.Code, error) { return pipeline.Code{Commit: "c0ffee"}, nil },
		Export: h.export,
		SnapshotOf: func(_ context.Context, digest string) ([]string, error) {
			if h.apart {
				return nil, nil
			}
			return []string{"snapshot-of-" + digest[:6]}, nil
		},
		LogRun:      func(_ context.Context, e pipeline.Execution) error { h.logged = append(h.logged, e.ID); return nil },
		Reproduced:  func(_ context.Context, r pipeline.Reproduction) error { h.verdicts = append(h.verdicts, r); return nil },
		Environment: func() map[string]string { return h.env },
		Now: func() time.Time {
			if h.now.IsZero() {
				return time.Now()
			}
			return h.now
		},
	})
}

// launch runs the command to its end, as a real process.
func (h *house) launch(ctx context.Context, l pipeline.Launch) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, again := h.runs[l.ID]; again {
		return nil
	}
	if h.refuse != nil {
		return h.refuse
	}
	h.launched++
	if h.slow {
		h.runs[l.ID] = pipeline.RunState{}
		return nil
	}
	cmd := exec.Command(l.Command[0], l.Command[1:]...)
	cmd.Dir, cmd.Env = l.Dir, append(os.Environ(), "RONDO_TEST_KILL="+h.kill, "RONDO_TEST_FAIL="+h.fail)
	for k, v := range l.Env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.CombinedOutput()
	h.t.Logf("%s", out)
	h.said = string(out)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	h.runs[l.ID] = pipeline.RunState{Ended: true, OK: err == nil, Reason: strings.TrimSpace(string(out)), EndedAt: time.Now().UTC()}
	return nil
}

func (h *house) runState(_ context.Context, id string) (pipeline.RunState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	st, ok := h.runs[id]
	if !ok {
		return st, errs.New(errs.NotFound, "no run %s", id)
	}
	return st, nil
}

// export copies the code that lies in the project: its params and a file that no stage names.
func (h *house) export(_ context.Context, _ pipeline.Code, dst string) error {
	if err := os.MkdirAll(dst, 0o755); err != nil {
		return err
	}
	if b, err := os.ReadFile(filepath.Join(h.dir, "undeclared.txt")); err == nil {
		if err := os.WriteFile(filepath.Join(dst, "undeclared.txt"), b, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dst, "params.yaml"), []byte(h.read("params.yaml")), 0o644)
}

func (h *house) write(name, text string) {
	h.t.Helper()
	full := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// repro runs an execution and finishes it.
func (h *house) repro(in pipeline.Request) pipeline.Execution {
	h.t.Helper()
	e, err := h.Start(h.t.Context(), in)
	if err != nil {
		h.t.Fatal(err)
	}
	if e, err = h.Finish(h.t.Context(), e.ID); err != nil {
		h.t.Fatal(err)
	}
	return e
}

// states says what became of every stage, such as "sort:ran count:skipped".
func states(e pipeline.Execution) string {
	var list []string
	for _, s := range e.Stages {
		list = append(list, s.Name+":"+s.State)
	}
	return strings.Join(list, " ")
}

func (h *house) dump() string {
	var b bytes.Buffer
	if err := h.ledger.Dump(context.Background(), &b); err != nil {
		h.t.Fatal(err)
	}
	return b.String()
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
