//go:build !windows

package python_test

import (
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
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/python"
	"rondo/backend/serve/servetest"
)

type made struct {
	dir  string
	Rows []map[string]any
	Want []string `json:"answers"`
}

var models = sync.OnceValues(func() (made, error) {
	dir, err := os.MkdirTemp("", "python-test")
	if err != nil {
		return made{}, err
	}
	m := made{dir: dir}
	exe, err := filepath.Abs("../../../../.venv/bin/python")
	if err != nil {
		return m, err
	}
	var said strings.Builder
	cmd := exec.Command(exe, "testdata/models.py", dir)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return m, errors.New(said.String())
	}
	return m, json.Unmarshal(out, &m)
})

func open(t *testing.T, name string, change ...func(*python.Options)) (*python.Model, error) {
	t.Helper()
	exe := servetest.Python(t)
	m, err := models()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(m.dir, name)
	about, err := runtime.ReadMLmodel(dir)
	if err != nil {
		t.Fatal(err)
	}
	opts := python.Options{Exe: exe, Trusted: func(context.Context, string) error { return nil }}
	for _, fn := range change {
		fn(&opts)
	}
	got, err := python.Open(t.Context(), dir, about, opts)
	if err == nil {
		t.Cleanup(func() { got.Close() })
	}
	return got, err
}

func must(t *testing.T, name string, change ...func(*python.Options)) *python.Model {
	t.Helper()
	m, err := open(t, name, change...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func say(t *testing.T, m *python.Model, word string) ([]runtime.Tensor, error) {
	t.Helper()
	return m.Predict(t.Context(), []runtime.Tensor{{Name: "word", Type: runtime.String, Shape: []int{1}, Texts: []string{word}}})
}

func TestAnswersAsTheModelItselfDoes(t *testing.T) {
	t.Parallel()
	m := must(t, "forest")
	all, _ := models()
	sig := m.Signature()
	in, err := sig.FromRows(all.Rows, false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Predict(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 1 || strings.Join(out[0].Texts, " ") != strings.Join(all.Want, " ") {
		t.Errorf("answered %+v, not %v", out, all.Want)
	}
}

// TestOneModelInAllSituations shares a process, for starting one takes seconds.
func TestOneModelInAllSituations(t *testing.T) {
	t.Parallel()
	m := must(t, "odd", func(o *python.Options) { o.Queue, o.Request = 2, 2*time.Second })
	t.Run("types", func(t *testing.T) { typesAndNoSecrets(t, m) })
	t.Run("queue", func(t *testing.T) { boundedQueue(t, m) })
	t.Run("failures", func(t *testing.T) { failures(t, m) })
}

func typesAndNoSecrets(t *testing.T, m *python.Model) {
	out, err := say(t, m, "hello")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"echo": "hello", "size": int64(5), "half": 2.5, "long": true, "token": ""}
	for i := range out {
		if v, ok := want[out[i].Name]; ok && out[i].At(0) != v {
			t.Errorf("%s is %v, not %v", out[i].Name, out[i].At(0), v)
		}
	}
}

func TestNothingRunsWithoutTrust(t *testing.T) {
	for _, trusted := range []func(context.Context, string) error{nil, func(context.Context, string) error { return errs.New(errs.Denied, "not here") }} {
		_, err := open(t, "odd", func(o *python.Options) { o.Trusted = trusted; o.Exe = "/nonexistent" })
		if !errs.Is(err, errs.Denied) {
			t.Errorf("opened without trust: %v", err)
		}
	}
}

func TestWhatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	if _, err := open(t, "broken"); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "the weights are elsewhere") {
		t.Errorf("broken: %v", err)
	}
	if _, err := open(t, "odd", func(o *python.Options) { o.Exe = "/nonexistent/python" }); !errs.Is(err, errs.Precondition) || errs.HintOf(err) == "" {
		t.Errorf("no interpreter: %v", err)
	}
	if _, err := open(t, "odd", func(o *python.Options) { o.Exe = "/usr/bin/false" }); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("false: %v", err)
	}
	if _, err := open(t, "odd", func(o *python.Options) { o.Start = time.Millisecond }); !errs.Is(err, errs.Unavailable) {
		t.Errorf("no patience: %v", err)
	}
}

func failures(t *testing.T, m *python.Model) {
	if _, err := say(t, m, "raise"); !errs.Is(err, errs.Internal) || !strings.Contains(err.Error(), "ValueError: no such thing as this word") || strings.Contains(err.Error(), "and more") {
		t.Errorf("raise: %v", err)
	}
	before := m.Processes()
	if _, err := say(t, m, "die"); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "exit status 7") || !strings.Contains(err.Error(), "about to die") {
		t.Errorf("die: %v", err)
	}
	if _, err := say(t, m, "again"); err != nil {
		t.Errorf("after a crash: %v", err)
	}
	if after := m.Processes(); len(before) != 1 || len(after) != 1 || before[0] == after[0] {
		t.Errorf("processes %v, then %v", before, after)
	}
	if _, err := say(t, m, "sleep"); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "did not answer within 2s") {
		t.Errorf("sleep: %v", err)
	}
	if _, err := say(t, m, "again"); err != nil {
		t.Errorf("after a timeout: %v", err)
	}
}

func boundedQueue(t *testing.T, m *python.Model) {
	results := make(chan error, 12)
	for range cap(results) {
		go func() { _, err := say(t, m, "wait"); results <- err }()
	}
	var ok, busy int
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			ok++
		case errs.Is(err, errs.Unavailable) && strings.Contains(err.Error(), "busy"):
			busy++
		default:
			t.Error(err)
		}
	}
	if ok < 2 || busy < 5 {
		t.Errorf("%d answered, %d refused", ok, busy)
	}
}

// alive does not count what has ended and waits for somebody to ask how.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	return !strings.Contains(string(b), ") Z ")
}

// TestMain lets the test binary be the server that gets killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("RONDO_TEST_MODEL")
	if dir == "" {
		os.Setenv("RONDO_SECRET", "hidden") // no model may see it
		os.Exit(m.Run())
	}
	about, err := runtime.ReadMLmodel(dir)
	if err != nil {
		panic(err)
	}
	model, err := python.Open(context.Background(), dir, about, python.Options{
		Exe: os.Getenv("RONDO_TEST_EXE"), Trusted: func(context.Context, string) error { return nil },
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(model.Processes()[0])
	go model.Predict(context.Background(), []runtime.Tensor{{Name: "word", Type: runtime.String, Shape: []int{1}, Texts: []string{"sleep"}}})
	select {}
}

// TestProcessesEndWithAKilledServer: also in the middle of a prediction.
func TestProcessesEndWithAKilledServer(t *testing.T) {
	t.Parallel()
	exe := servetest.Python(t)
	all, err := models()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RONDO_TEST_MODEL="+filepath.Join(all.dir, "odd"), "RONDO_TEST_EXE="+exe)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	if !alive(pid) {
		t.Fatal("there is no process")
	}
	cmd.Process.Kill()
	cmd.Wait()
	for deadline := time.Now().Add(time.Minute); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the model's process outlives the server")
		}
	}
}

// process is the id of the process that answers now. It may have ended when one reads it.
func process(t *testing.T, m *python.Model) int {
	t.Helper()
	out, err := say(t, m, "hello")
	if err != nil {
		t.Fatal(err)
	}
	for i := range out {
		if pid, ok := out[i].At(0).(int64); ok && out[i].Name == "pid" {
			return int(pid)
		}
	}
	t.Fatalf("no process says its id: %+v", out)
	return 0
}

func TestProcessesEndWhenIdle(t *testing.T) {
	t.Parallel()
	m := must(t, "odd", func(o *python.Options) { o.Idle = 200 * time.Millisecond })
	first := process(t, m)
	for deadline := time.Now().Add(time.Minute); len(m.Processes()) > 0 || alive(first); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("an idle process goes on")
		}
	}
	if again := process(t, m); again == first {
		t.Errorf("the process %d answers after its end", first)
	}
}

func TestProcessesEndWithTheModel(t *testing.T) {
	t.Parallel()
	m := must(t, "odd")
	pid := process(t, m)
	if pids := m.Processes(); len(pids) != 1 || pids[0] != pid {
		t.Errorf("the processes are %v, and %d answers", pids, pid)
	}
	m.Close()
	if alive(pid) {
		t.Error("the process outlives its model")
	}
	if _, err := say(t, m, "again"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
}
