//go:build unix

package proc_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/proc"
)

// The test binary plays the supervisor and the server that starts one.
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
			if _, err := (proc.Starter{}).Start(os.Args[2], os.Environ()); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			select {} // until killed
		}
	}
	os.Exit(m.Run())
}

var short = [2]proc.Millis{proc.Millis(100 * time.Millisecond), proc.Millis(100 * time.Millisecond)}

func spec(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	specify(t, dir, script, short)
	return dir
}

func specify(t *testing.T, dir, script string, graces [2]proc.Millis) {
	t.Helper()
	s := proc.Spec{RunID: filepath.Base(filepath.Dir(dir)) + filepath.Base(dir), Command: []string{"sh", "-c", script}, Dir: dir, Graces: graces}
	if err := proc.WriteSpec(dir, s); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, script string) (string, *proc.Handle) {
	t.Helper()
	dir := spec(t, script)
	return dir, startIn(t, dir)
}

func startIn(t *testing.T, dir string) *proc.Handle {
	t.Helper()
	h, err := proc.Starter{}.Start(dir, append(os.Environ(), "GREETING=hello"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func wait(t *testing.T, h *proc.Handle) proc.Exit {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e, err := h.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// say waits until the file has a first line, and returns it: the child's own word that it is ready.
func say(t *testing.T, path string) string {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if b, err := os.ReadFile(path); err == nil {
			if line, _, ok := strings.Cut(string(b), "\n"); ok {
				return line
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s stayed empty", path)
	return ""
}

func pidIn(t *testing.T, path string) int {
	t.Helper()
	pid, err := strconv.Atoi(say(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestRunLeavesItsRecord(t *testing.T) {
	dir, h := start(t, `echo out $GREETING; echo err >&2; read x && echo no; exit 3`)
	e := wait(t, h)
	if e.Code != 3 || e.OK() || e.Lost || e.EndedAt.Before(e.StartedAt) || e.MaxRSS == 0 {
		t.Errorf("exit = %+v", e)
	}
	for name, want := range map[string]string{proc.StdoutFile: "out hello\n", proc.StderrFile: "err\n"} {
		if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
			t.Errorf("%s = %q", name, b)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(dir, proc.SpecFile)); strings.Contains(string(b), "hello") {
		t.Error("the environment is in the project folder")
	}
	if err := proc.Supervise(dir); errs.KindOf(err) != errs.Precondition {
		t.Errorf("a run that ended was supervised again: %v", err)
	}
	if err := proc.Stop(dir, "me"); errs.KindOf(err) != errs.Precondition {
		t.Errorf("a run that ended was stopped: %v", err)
	}
}

// TestARunHasEndedOnceItsRecordSaysSo, also while its supervisor, which writes the record last, still lives.
func TestARunHasEndedOnceItsRecordSaysSo(t *testing.T) {
	dir, h := start(t, "exit 0")
	wait(t, h)
	var lock *atomicfile.Lock
	for lock == nil {
		var err error
		if lock, err = atomicfile.TryLock(filepath.Join(dir, "supervisor.lock")); err != nil && errs.KindOf(err) != errs.Conflict {
			t.Fatal(err)
		}
	}
	defer lock.Unlock()
	if err := proc.Supervise(dir); errs.KindOf(err) != errs.Precondition {
		t.Errorf("it was supervised again: %v", err)
	}
}

// TestTheFirstWhoStopsARunCounts: its folder may be sealed between the first and the second.
func TestTheFirstWhoStopsARunCounts(t *testing.T) {
	dir := t.TempDir()
	if err := proc.Stop(dir, "me"); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(dir, proc.StopFile))
	if err != nil || !strings.Contains(string(first), `"me"`) {
		t.Fatalf("%q %v", first, err)
	}
	if err := proc.Stop(dir, "you"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, proc.StopFile)); err != nil || string(b) != string(first) {
		t.Errorf("the second who asked wrote %q %v", b, err)
	}
}

// What a spec hides comes to the command all the same, and lies in no file of the run.
func TestASecretIsHandedOverAndNotWritten(t *testing.T) {
	dir := t.TempDir()
	if err := proc.WriteSpec(dir, proc.Spec{RunID: "x", Command: []string{"sh", "-c", "…", "<hidden>"}, Handed: true, Dir: dir, Graces: short}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("y", 1<<17-100) // more than a pipe holds
	h, err := proc.Starter{}.Start(dir, append(os.Environ(), "PWD=/elsewhere", "PYTHONUNBUFFERED=0"), "sh", "-c", `echo "${#1}"; echo "${#2}"; env | grep -c -e ^PWD= -e ^PYTHONUNBUFFERED=1; pwd`, "sh", "hush-hush", long)
	if err != nil {
		t.Fatal(err)
	}
	if e := wait(t, h); !e.OK() {
		t.Errorf("exit = %+v", e)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, proc.StdoutFile)); string(b) != fmt.Sprintf("9\n%d\n2\n%s\n", len(long), dir) {
		t.Errorf("it printed %.200q", b)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if b, _ := os.ReadFile(filepath.Join(dir, f.Name())); strings.Contains(string(b), "hush-hush") {
			t.Errorf("%s holds the secret", f.Name())
		}
	}
}

func TestACommandThatNeverComesIsSaid(t *testing.T) {
	dir := t.TempDir()
	if err := proc.WriteSpec(dir, proc.Spec{RunID: "x", Command: []string{"sh", "<hidden>"}, Handed: true, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	h, err := proc.Starter{}.Start(dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	if e := wait(t, h); e.Code != -1 || !strings.Contains(e.Error, "never came") {
		t.Errorf("exit = %+v", e)
	}
}

func TestCommandThatCannotStartSaysWhy(t *testing.T) {
	dir := t.TempDir()
	if err := proc.WriteSpec(dir, proc.Spec{RunID: "x", Command: []string{"no-such-program"}, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	h, err := proc.Starter{}.Start(dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	if e := wait(t, h); e.Code != -1 || !strings.Contains(e.Error, "no-such-program") {
		t.Errorf("exit = %+v", e)
	}
	if err := proc.WriteSpec(dir, proc.Spec{}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("empty command: %v", err)
	}
}

func TestSamplesSeeTheWork(t *testing.T) {
	dir, h := start(t, `i=0; while [ $i -lt 600000 ]; do i=$((i+1)); done; sleep 1.2`)
	wait(t, h)
	f, err := os.Open(filepath.Join(dir, proc.SystemFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var most proc.Sample
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); n++ {
		var s proc.Sample
		if err := json.Unmarshal(sc.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		most.CPU, most.RSS, most.HostMem = max(most.CPU, s.CPU), max(most.RSS, s.RSS), max(most.HostMem, s.HostMem)
	}
	if n < 2 || most.CPU <= 0 || most.RSS < 100_000 || most.HostMem == 0 {
		t.Errorf("%d samples, most %+v", n, most)
	}
}

func TestStopLadder(t *testing.T) {
	brief, long := short[0], proc.Millis(time.Minute) // who heeds a signal has all the time that a busy machine takes
	cases := map[string]struct {
		script, step, signal string
		graces               [2]proc.Millis
	}{
		"INT is enough":   {`trap 'exit 0' INT; echo $$ > ready; while :; do sleep 0.01; done`, "INT", "", [2]proc.Millis{long, brief}},
		"TERM is needed":  {`trap '' INT; trap 'exit 7' TERM; echo $$ > ready; while :; do sleep 0.01; done`, "TERM", "", [2]proc.Millis{brief, long}},
		"only KILL works": {`trap '' INT TERM; echo $$ > ready; while :; do sleep 0.01; done`, "KILL", "killed", [2]proc.Millis{brief, brief}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			specify(t, dir, c.script, c.graces)
			h := startIn(t, dir)
			pid := pidIn(t, filepath.Join(dir, "ready"))
			if err := proc.Stop(dir, "tester"); err != nil {
				t.Fatal(err)
			}
			e := wait(t, h)
			if !e.Stopped || e.StoppedBy != "tester" || e.LastStep != c.step || e.Signal != c.signal {
				t.Errorf("exit = %+v", e)
			}
			if alive(pid) {
				t.Error("the command still runs")
			}
		})
	}
}

// alive reports whether the pid is a process that is no zombie.
func alive(pid int) bool {
	id, err := proc.Of(pid)
	return err == nil && id.Alive()
}

func TestStopReachesThoseThatLeftTheGroup(t *testing.T) {
	// A grandchild in its own session, whose parent is gone, deaf to TERM.
	dir, h := start(t, `(setsid sh -c 'trap "" TERM INT HUP; echo $$ > escaped; while :; do sleep 0.01; done' &) ; echo $$ > ready; wait; while :; do sleep 0.01; done`)
	escaped := pidIn(t, filepath.Join(dir, "escaped"))
	pidIn(t, filepath.Join(dir, "ready"))
	if err := proc.Stop(dir, "tester"); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, h); !e.Stopped || e.Stragglers == 0 {
		t.Errorf("exit = %+v", e)
	}
	if alive(escaped) {
		t.Error("the escaped process still runs")
	}
}

func TestEndOfTheCommandEndsWhatItLeftBehind(t *testing.T) {
	dir, h := start(t, `(setsid sleep 1000 & echo $! > left); exit 0`)
	left := pidIn(t, filepath.Join(dir, "left"))
	if e := wait(t, h); e.Code != 0 || e.Stragglers != 1 {
		t.Errorf("exit = %+v", e)
	}
	if alive(left) {
		t.Error("the process left behind still runs")
	}
}

func TestRunSurvivesItsStarter(t *testing.T) {
	dir := spec(t, `echo $$ > ready; while [ ! -e go ]; do sleep 0.01; done; echo done`)
	server := exec.Command(os.Args[0], "server", dir)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	pid := pidIn(t, filepath.Join(dir, "ready"))
	server.Process.Signal(syscall.SIGKILL)
	server.Wait()
	if !alive(pid) {
		t.Fatal("the command died with the server")
	}
	say(t, filepath.Join(dir, proc.StateFile)) // the command may be quicker than its supervisor's word on it
	h := proc.Attach(dir)
	os.WriteFile(filepath.Join(dir, "go"), nil, 0o644)
	if e := wait(t, h); !e.OK() {
		t.Errorf("exit = %+v", e)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, proc.StdoutFile)); string(b) != "done\n" {
		t.Errorf("log = %q", b)
	}
}

func TestRunSurvivesItsSupervisor(t *testing.T) {
	dir, _ := start(t, `echo $$ > ready; while [ ! -e go ]; do sleep 0.01; done; echo done`)
	pidIn(t, filepath.Join(dir, "ready"))
	killSupervisor(t, dir)
	h := proc.Attach(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := h.Wait(ctx); err == nil {
		t.Fatal("the run ended with its supervisor")
	}
	os.WriteFile(filepath.Join(dir, "go"), nil, 0o644)
	if e := wait(t, h); !e.Lost || e.OK() || e.Error == "" {
		t.Errorf("exit = %+v", e)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, proc.StdoutFile)); string(b) != "done\n" {
		t.Errorf("log = %q", b)
	}
}

func killSupervisor(t *testing.T, dir string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		st, err := proc.ReadState(dir)
		if err == nil {
			syscall.Kill(st.Supervisor.PID, syscall.SIGKILL)
			var ws syscall.WaitStatus
			syscall.Wait4(st.Supervisor.PID, &ws, 0, nil)
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestOrphanCanBeStopped(t *testing.T) {
	dir, h := start(t, `trap '' INT TERM; (setsid sh -c 'echo $$ > escaped; while :; do sleep 0.01; done' &); echo $$ > ready; while :; do sleep 0.01; done`)
	pid, escaped := pidIn(t, filepath.Join(dir, "ready")), pidIn(t, filepath.Join(dir, "escaped"))
	killSupervisor(t, dir)
	if err := proc.Stop(dir, "tester"); err != nil {
		t.Fatal(err)
	}
	if e := wait(t, h); !e.Lost || !e.Stopped {
		t.Errorf("exit = %+v", e)
	}
	if alive(pid) || alive(escaped) {
		t.Error("something still runs")
	}
}

func TestExitRecordIsWrittenOnAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=128k"); err != nil {
		t.Skip("cannot mount a small disk here:", err)
	}
	t.Cleanup(func() { syscall.Unmount(small, syscall.MNT_DETACH) })
	dir := filepath.Join(small, "run")
	os.Mkdir(dir, 0o755)
	s := proc.Spec{RunID: "full", Command: []string{"sh", "-c", "cat /dev/zero > filler; echo full; exit 5"}, Dir: dir, Graces: short}
	if err := proc.WriteSpec(dir, s); err != nil {
		t.Fatal(err)
	}
	h, err := proc.Starter{}.Start(dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	if e := wait(t, h); e.Code != 5 || e.Lost {
		t.Errorf("exit = %+v", e)
	}
	if err := os.WriteFile(filepath.Join(dir, "more"), make([]byte, 8192), 0o644); err == nil {
		t.Error("the disk was not full")
	}
}

func TestIdentKnowsAReusedPid(t *testing.T) {
	me := proc.Self()
	if !me.Alive() {
		t.Error("I am dead")
	}
	for _, other := range []proc.Ident{{me.PID, me.Start + 1, me.Boot}, {me.PID, me.Start, "another boot"}, {0, 0, me.Boot}} {
		if other.Alive() {
			t.Errorf("%+v is taken for this process", other)
		}
	}
}
