//go:build unix

package launch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/proc"
	"rondo/backend/run"
	"rondo/backend/run/launch"
)

const killAt = "RONDO_TEST_KILL_AT"

// The test binary plays the supervisor and the server that gets killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "supervise":
			if err := proc.Supervise(os.Args[2]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case "server":
			serveUntilKilled(os.Args[2], os.Args[3:])
		}
	}
	os.Exit(m.Run())
}

// serveUntilKilled launches one run for each script and says which. It kills itself at the point that
// is named in its environment.
func serveUntilKilled(dir string, scripts []string) {
	fault.Hook(func(point string) {
		if point == os.Getenv(killAt) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	h, err := openHouse(dir, nil)
	if err != nil {
		fmt.Println("ERROR", err)
		os.Exit(3)
	}
	for _, s := range scripts {
		r, err := h.Launch(context.Background(), launch.Request{Command: []string{"sh", "-c", s}, Params: map[string]string{"lr": "1"}})
		if err != nil {
			fmt.Println("ERROR", err)
			os.Exit(3)
		}
		fmt.Println("RUN", r.ID)
	}
	select {}
}

type house struct {
	*launch.Launcher
	runs   *run.Service
	ledger *ledger.Ledger
	events *event.Bus
	dir    string
}

func openHouse(dir string, change func(*launch.Options)) (*house, error) {
	h := &house{dir: dir, events: event.NewBus()}
	var err error
	h.ledger, err = ledger.Open(context.Background(), ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo", "journal"), Device: "laptop",
		IndexPath: filepath.Join(dir, "device", "index.db"), Nouns: []index.Noun{run.Index(dir)}, Events: h.events,
	})
	if err != nil {
		return nil, err
	}
	if h.runs, err = run.Open(context.Background(), run.Options{Ledger: h.ledger, Dir: dir, Events: h.events}); err != nil {
		return nil, err
	}
	opts := launch.Options{
		Runs: h.runs, Events: h.events, Dir: dir, DeviceDir: filepath.Join(dir, "device"), Device: "laptop", Parallel: 1,
		Graces: [2]time.Duration{100 * time.Millisecond, 100 * time.Millisecond},
	}
	if change != nil {
		change(&opts)
	}
	h.Launcher, err = launch.Open(context.Background(), opts)
	return h, err
}

func (h *house) close() {
	h.Launcher.Close()
	h.runs.Close()
	h.ledger.Close()
}

func open(t *testing.T, dir string, change func(*launch.Options)) *house {
	t.Helper()
	h, err := openHouse(dir, change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return h
}

func (h *house) sh(t *testing.T, script string) run.Run {
	t.Helper()
	r, err := h.Launch(ledger.WithActor(t.Context(), "cli:ann"), launch.Request{Command: []string{"sh", "-c", script}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (h *house) wait(t *testing.T, id string) (run.Run, proc.Exit) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := h.Wait(ctx, id)
	if err != nil {
		t.Fatalf("wait for %s: %v", id, err)
	}
	var e proc.Exit
	if err := json.Unmarshal(r.Exit, &e); err != nil {
		t.Fatalf("exit %s: %v", r.Exit, err)
	}
	return r, e
}

// until waits for something that another process does.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it never came", what)
		}
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestARunIsStartedFollowedAndRecorded(t *testing.T) {
	h := open(t, t.TempDir(), func(o *launch.Options) {
		o.Environ = append(os.Environ(), "AWS_SECRET_ACCESS_KEY=do-not-tell", "OMP_NUM_THREADS=3", "MLFLOW_EXPERIMENT_NAME=elsewhere")
		o.ChildEnv = func(r run.Run) []string {
			return []string{"MLFLOW_TRACKING_URI=http://127.0.0.1:1", "MLFLOW_TRACKING_TOKEN=t0ken"}
		}
		o.Code = func(_ context.Context, dir string) (launch.Code, error) {
			return launch.Code{Commit: "abc", Branch: "main", Dirty: true, Diff: "--- " + dir}, nil
		}
	})
	sub := h.events.Subscribe(h.events.Last(), 1000)
	r, err := h.Launch(ledger.WithActor(t.Context(), "cli:ann"), launch.Request{
		Name: "hello", Experiment: "weather", Command: []string{"sh", "-c", `echo "$MLFLOW_RUN_ID $MLFLOW_EXPERIMENT_ID $MLFLOW_TRACKING_URI $RONDO_PARAM_LR [$MLFLOW_EXPERIMENT_NAME]"; echo oops >&2; exit 3`, "--api-key=hush"},
		Params: map[string]string{"lr": "0.5"}, Env: map[string]string{"PRIVATE": "do-not-tell"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, e := h.wait(t, r.ID)
	if r.Status != run.Failed || r.Reason != "exit code 3" || e.Code != 3 || r.User != "ann" || r.EndedAt.Before(r.StartedAt) || r.Tags["mlflow.source.git.commit"] != "abc" {
		t.Errorf("run %+v, exit %+v", r, e)
	}
	log, err := launch.ReadLog(t.Context(), h.runs.Dir(r.ID), "stdout", 0, 0)
	want := fmt.Sprintf("%s %s http://127.0.0.1:1 0.5 []\n", r.ID, r.ExperimentID)
	if err != nil || log.Text != want || log.Next != int64(len(want)) {
		t.Errorf("log %+v, %v, want %q", log, err, want)
	}
	if log, _ := launch.ReadLog(t.Context(), h.runs.Dir(r.ID), "stderr", -3, 0); log.Text != "ps\n" || log.Offset != 2 {
		t.Errorf("end of stderr %+v", log)
	}
	code, err := launch.ReadCode(t.Context(), h.runs.Dir(r.ID))
	if err != nil || code.Commit != "abc" || !code.Dirty || code.Diff != "--- "+h.dir {
		t.Errorf("code %+v, %v", code, err)
	}
	env, err := launch.ReadEnvironment(t.Context(), h.runs.Dir(r.ID))
	if err != nil || env.Variables["OMP_NUM_THREADS"] != "3" || env.Host.Threads < 1 || env.Command[3] != "--api-key=<hidden>" {
		t.Errorf("environment %+v, %v", env, err)
	}
	said := ""
	for len(sub.C) > 0 {
		if e := <-sub.C; e.Kind == "run.output" {
			said += e.Data.(launch.Output).Text
		}
	}
	if !strings.Contains(said, want) || !strings.Contains(said, "oops") {
		t.Errorf("events said %q", said)
	}
	if samples, err := launch.ReadSystem(t.Context(), h.runs.Dir(r.ID), 0); err != nil || len(samples) == 0 {
		t.Errorf("samples %v, %v", samples, err)
	}
	noSecrets(t, filepath.Join(h.dir, ".rondo"))
}

// noSecrets looks through the project folder, which may be synchronised to anywhere.
func noSecrets(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("do-not-tell")) || bytes.Contains(b, []byte("t0ken")) || bytes.Contains(b, []byte("=hush")) {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheLadderEndsAStubbornTree(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	r := h.sh(t, `trap '' INT TERM; (trap '' INT TERM; setsid sh -c 'trap "" INT TERM; echo $$ > grandchild; while :; do sleep 1; done') & while :; do sleep 1; done`)
	file := filepath.Join(h.dir, "grandchild")
	pid := 0
	until(t, "the grandchild", func() bool {
		b, _ := os.ReadFile(file)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
		return pid > 0
	})
	if err := h.Stop(ledger.WithActor(t.Context(), "ui"), r.ID); err != nil {
		t.Fatal(err)
	}
	r, e := h.wait(t, r.ID)
	if r.Status != run.Killed || e.LastStep != "KILL" || !strings.Contains(r.Reason, "stopped by ui; it ignored INT and TERM and was killed") {
		t.Errorf("run %s %q, exit %+v", r.Status, r.Reason, e)
	}
	until(t, "the end of the grandchild", func() bool { return !alive(pid) })
	if err := h.Stop(t.Context(), r.ID); !errs.Is(err, errs.Precondition) {
		t.Errorf("stopping twice: %v", err)
	}
}

func TestTheQueueKeepsItsOrderAndItsLimit(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	first := h.sh(t, "while [ ! -e go ]; do sleep 0.02; done; echo 1 >> order")
	second, third, fourth := h.sh(t, "echo 2 >> order"), h.sh(t, "echo 3 >> order"), h.sh(t, "echo 4 >> order")
	until(t, "the first", func() bool { r, _ := h.runs.Get(t.Context(), first.ID); return r.Status == run.Running })
	q, err := h.Queue(t.Context())
	if err != nil || len(q.Running) != 1 || q.Running[0].ID != first.ID || len(q.Waiting) != 3 || q.Waiting[0].ID != second.ID || q.Parallel != 1 {
		t.Fatalf("queue %+v, %v", q, err)
	}
	if err := h.Stop(t.Context(), third.ID); err != nil {
		t.Fatal(err)
	}
	if r, _ := h.wait(t, third.ID); r.Status != run.Killed || r.Reason != "it was stopped while it waited" {
		t.Errorf("stopped while it waited: %s %q", r.Status, r.Reason)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.wait(t, fourth.ID)
	b, _ := os.ReadFile(filepath.Join(h.dir, "order"))
	if string(b) != "1\n2\n4\n" {
		t.Errorf("order %q", b)
	}
}

// server starts a server process and returns the ids of the runs it launched.
func server(t *testing.T, dir string, scripts ...string) (*exec.Cmd, []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"server", dir}, scripts...)...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var ids []string
	for range scripts {
		var word, id string
		if _, err := fmt.Fscan(out, &word, &id); err != nil || word != "RUN" {
			t.Fatalf("the server said %q %q, %v", word, id, err)
		}
		ids = append(ids, id)
	}
	return cmd, ids
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
}

func TestRunsOutliveAKilledServerAndAreFoundAgain(t *testing.T) {
	dir := t.TempDir()
	cmd, ids := server(t, dir, "echo begun > begun; while [ ! -e go ]; do sleep 0.02; done; echo late; exit 7", "echo queued >> order", "exit 0")
	until(t, "the start", func() bool { _, err := os.Stat(filepath.Join(dir, "begun")); return err == nil })
	kill(t, cmd)
	h := open(t, dir, nil)
	q, err := h.Queue(t.Context())
	if err != nil || len(q.Running) != 1 || q.Running[0].ID != ids[0] || len(q.Waiting) != 2 || q.Waiting[0].ID != ids[1] {
		t.Fatalf("queue %+v, %v", q, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r, e := h.wait(t, ids[0])
	if r.Status != run.Failed || e.Code != 7 || e.Lost || r.Params["lr"] != "1" {
		t.Errorf("found again: %+v, %+v", r, e)
	}
	for _, id := range ids[1:] {
		if r, _ := h.wait(t, id); r.Status != run.Finished {
			t.Errorf("queued run: %s %s", r.Status, r.Reason)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "device", "queue")); len(left) > 0 {
		t.Errorf("%d requests are left", len(left))
	}
}

func TestARunThatEndedWhileNobodyLooked(t *testing.T) {
	dir := t.TempDir()
	cmd, ids := server(t, dir, "echo begun > begun; while [ ! -e go ]; do sleep 0.02; done")
	until(t, "the start", func() bool { _, err := os.Stat(filepath.Join(dir, "begun")); return err == nil })
	kill(t, cmd)
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, ".rondo", "runs", ids[0])
	until(t, "the exit record", func() bool { _, err := proc.ReadExit(folder); return err == nil })
	if r, _ := open(t, dir, nil).wait(t, ids[0]); r.Status != run.Finished {
		t.Errorf("run %s %s", r.Status, r.Reason)
	}
}

func TestARunWhoseSupervisorDiedTooIsFailed(t *testing.T) {
	dir := t.TempDir()
	cmd, ids := server(t, dir, "echo $$ > begun; exec sleep 60")
	until(t, "the start", func() bool { b, _ := os.ReadFile(filepath.Join(dir, "begun")); return len(b) > 1 })
	var state proc.State
	until(t, "the supervisor's word", func() bool {
		var err error
		state, err = proc.ReadState(filepath.Join(dir, ".rondo", "runs", ids[0]))
		return err == nil
	})
	kill(t, cmd)
	for _, p := range []int{state.Supervisor.PID, state.Child.PID} {
		if err := syscall.Kill(p, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	r, e := open(t, dir, nil).wait(t, ids[0])
	if r.Status != run.Failed || !e.Lost || !strings.Contains(r.Reason, "supervisor ended before the run did") {
		t.Errorf("run %s %q, %+v", r.Status, r.Reason, e)
	}
}

func TestNothingRunsWithoutTrust(t *testing.T) {
	h := open(t, t.TempDir(), func(o *launch.Options) {
		o.Trusted = func(context.Context, launch.Request) error { return errors.New("its commands are new here") }
	})
	_, err := h.Launch(t.Context(), launch.Request{Command: []string{"touch", "harm"}})
	if !errs.Is(err, errs.Denied) || !strings.Contains(errs.HintOf(err), "`rondo trust`") {
		t.Errorf("error %v, hint %q", err, errs.HintOf(err))
	}
	if _, err := os.Stat(filepath.Join(h.dir, "harm")); err == nil {
		t.Error("it ran")
	}
	if list, _, _, _ := h.runs.Search(t.Context(), run.Search{}); len(list) > 0 {
		t.Errorf("%d runs", len(list))
	}
}

func TestBadRequests(t *testing.T) {
	h := open(t, t.TempDir(), nil)
	for _, c := range []struct {
		in   launch.Request
		kind errs.Kind
		word string
	}{
		{launch.Request{}, errs.Invalid, "command is empty"},
		{launch.Request{Command: []string{"true", "a\x00b"}}, errs.Invalid, "zero byte"},
		{launch.Request{Command: []string{"true"}, Dir: "nowhere"}, errs.NotFound, "nowhere"},
		{launch.Request{Command: []string{"true"}, Env: map[string]string{"A=B": ""}}, errs.Invalid, "environment variable"},
		{launch.Request{Command: []string{"true", strings.Repeat("x", 2<<20)}}, errs.TooLarge, "limits"},
		{launch.Request{Command: []string{"true"}, ID: "../x"}, errs.Invalid, "id of a run"},
	} {
		if _, err := h.Launch(t.Context(), c.in); !errs.Is(err, c.kind) || !strings.Contains(err.Error(), c.word) {
			t.Errorf("error %v (%v), want %v with %q", err, errs.KindOf(err), c.kind, c.word)
		}
	}
	r, err := h.Launch(t.Context(), launch.Request{Command: []string{"no-such-program-at-all"}})
	if err != nil {
		t.Fatal(err)
	}
	if r, _ = h.wait(t, r.ID); r.Status != run.Failed || !strings.Contains(r.Reason, `"no-such-program-at-all" was not found`) {
		t.Errorf("run %s %q", r.Status, r.Reason)
	}
	again, err := h.Launch(t.Context(), launch.Request{ID: r.ID, Command: []string{"true"}})
	if err != nil || again.Status != run.Failed {
		t.Errorf("the same id again: %+v, %v", again, err)
	}
}
