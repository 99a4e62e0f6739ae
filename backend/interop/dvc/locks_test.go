//go:build unix

package dvc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
	"rondo/backend/proc"
)

// slow is a project with a stage that tells when it runs and ends when it is told to.
func slow(t *testing.T, config string) (dir string) {
	t.Helper()
	dir = folder(t, map[string]string{
		".dvc/config": config, "in.txt": "x", "free.txt": "y",
		"dvc.yaml": "stages:\n  slow:\n    cmd: \": > told && cat wait && cp in.txt out.txt\"\n    deps: [in.txt]\n    outs: [out.txt]\n",
	})
	for _, fifo := range []string{"told", "wait"} {
		if err := syscall.Mkfifo(filepath.Join(dir, fifo), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func env(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	return append(os.Environ(), "DVC_NO_ANALYTICS=1", "HOME="+home, "XDG_CONFIG_HOME="+home, "DVC_SITE_CACHE_DIR="+home, "SHELL=/bin/sh")
}

// opened opens a fifo; that blocks until the other end is there.
func opened(t *testing.T, dir, name string, flag int) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, name), flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rondoRuns brings the stage up to date as the runner does.
func rondoRuns(dir string) error {
	books, err := dvc.OpenBooks(dir, nil)
	if err != nil {
		return err
	}
	defer books.Close()
	_, err = books.Update(context.Background(), "slow", pipeline.Work{Say: func(string, ...any) {}, Run: func(argv, env []string) error {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}})
	return err
}

// TestDVCStaysAwayFromWhatRondoRuns asks dvc for the out of a stage that Rondo runs: it is
// told who is in the way. What the stage does not touch stays free.
func TestDVCStaysAwayFromWhatRondoRuns(t *testing.T) {
	for _, config := range []string{"[core]\n    no_scm = true\n", "[core]\n    no_scm = true\n    hardlink_lock = true\n"} {
		program, dir := realDVC(t), slow(t, config)
		ended := make(chan error, 1)
		go func() { ended <- rondoRuns(dir) }()
		opened(t, dir, "told", os.O_RDONLY).Close()
		ask := func(args ...string) (string, error) {
			cmd := exec.Command(program, args...)
			cmd.Dir, cmd.Env = dir, env(t)
			out, err := cmd.CombinedOutput()
			return string(out), err
		}
		said, err := ask("repro")
		if err == nil || !strings.Contains(said, "being blocked by") || !strings.Contains(said, fmt.Sprintf("PID %d", os.Getpid())) {
			t.Errorf("%s: dvc repro: %v\n%s", config, err, said)
		}
		if said, err := ask("add", "free.txt"); err != nil {
			t.Errorf("%s: dvc add: %v\n%s", config, err, said)
		}
		opened(t, dir, "wait", os.O_WRONLY).Close()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if said, err := ask("status"); err != nil || !strings.Contains(said, "up to date") {
			t.Errorf("%s: %v\n%s", config, err, said)
		}
	}
}

// TestRondoStaysAwayFromWhatDVCRuns runs the stage by dvc, asks Rondo for it meanwhile, and
// again after dvc was killed, which leaves its claim behind.
func TestRondoStaysAwayFromWhatDVCRuns(t *testing.T) {
	for _, config := range []string{"[core]\n    no_scm = true\n", "[core]\n    no_scm = true\n    hardlink_lock = true\n"} {
		program, dir := realDVC(t), slow(t, config)
		cmd := exec.Command(program, "repro")
		cmd.Dir, cmd.Env = dir, env(t)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		opened(t, dir, "told", os.O_RDONLY).Close()
		if err := rondoRuns(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", cmd.Process.Pid)) {
			t.Errorf("%s: while dvc runs it, Rondo says %v", config, err)
		}
		p := open(t, dir)
		if err := p.Add(context.Background(), "free.txt"); err != nil {
			t.Errorf("%s: what dvc does not touch: %v", config, err)
		}
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if b, err := os.ReadFile(filepath.Join(dir, ".dvc", "tmp", "rwlock")); err != nil || !strings.Contains(string(b), fmt.Sprint(cmd.Process.Pid)) {
			t.Fatalf("the dvc that was killed left no claim: %v %s", err, b)
		}
		ended := make(chan error, 1)
		go func() { ended <- rondoRuns(dir) }()
		opened(t, dir, "told", os.O_RDONLY).Close()
		opened(t, dir, "wait", os.O_WRONLY).Close()
		if err := <-ended; err != nil {
			t.Errorf("%s: after dvc was killed: %v", config, err)
		}
	}
}

// living is the number of a process that lives until end is called.
func living(t *testing.T) (pid int, end func()) {
	t.Helper()
	cmd := exec.Command("cat")
	hold, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, func() { hold.Close(); cmd.Wait() }
}

// TestWhatIsUpToDateIsLeftAlone: a stage with nothing to do claims nothing, and is not
// judged while a living process works with what it reads; one that died is in nobody's way.
func TestWhatIsUpToDateIsLeftAlone(t *testing.T) {
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", "in.txt": "x",
		"dvc.yaml": "stages:\n  slow:\n    cmd: cp in.txt out.txt\n    deps: [in.txt]\n    outs: [out.txt]\n",
	})
	if err := rondoRuns(dir); err != nil {
		t.Fatal(err)
	}
	rwlock := filepath.Join(dir, ".dvc/tmp/rwlock")
	if err := os.Remove(rwlock); err != nil {
		t.Fatal(err)
	}
	other, end := living(t)
	claim := fmt.Sprintf(`{"write": {%q: {"pid": %d, "cmd": "dvc repro"}}}`, filepath.Join(dir, "in.txt"), other)
	if err := rondoRuns(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(rwlock); !os.IsNotExist(err) {
		t.Errorf("a stage with nothing to do left a claim: %v", err)
	}
	if err := os.WriteFile(rwlock, []byte(claim), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := rondoRuns(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", other)) {
		t.Errorf("while another process writes its dep: %v", err)
	}
	end()
	if err := rondoRuns(dir); err != nil {
		t.Errorf("after that process has ended: %v", err)
	}
	if err := os.WriteFile(rwlock, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := rondoRuns(dir); err != nil {
		t.Errorf("after a power cut left the file empty: %v", err)
	}
}

// TestALinkOfADeadRondoIsTakenAway: a lock by a hard link does not tell whose it is. Of Rondo's own it is known, and one
// of a process that is no more is in nobody's way; one of a living process is.
func TestALinkOfADeadRondoIsTakenAway(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n    hardlink_lock = true\n", ".dvc/tmp/rondo/x": "", "a.txt": "a"})
	other, end := living(t)
	who, err := proc.Of(other)
	if err != nil {
		t.Fatal(err)
	}
	claim := filepath.Join(dir, ".dvc/tmp/0123.lock")
	note, err := json.Marshal(map[string]any{"claim": claim, "process": who})
	put(t, dir, ".dvc/tmp/0123.lock", claim)
	put(t, dir, ".dvc/tmp/rondo/lock.owner", string(note))
	year := time.Now().Add(365 * 24 * time.Hour)
	if err := errors.Join(err, os.Link(claim, filepath.Join(dir, ".dvc/tmp/lock")), os.Chtimes(claim, year, year)); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Add(t.Context(), "a.txt"); !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.HintOf(err), "remove ") {
		t.Errorf("while its owner lives: %v, %s", err, errs.HintOf(err))
	}
	end()
	if err := open(t, dir).Add(t.Context(), "a.txt"); err != nil {
		t.Errorf("after its owner has died: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".dvc/tmp/*lock")); err != nil || len(left) > 1 { // that of the claims' file may stay
		t.Errorf("left: %v %v", left, err)
	}
}

// TestAClaimUnderOurOwnNumber is one of a process that had it before.
func TestAClaimUnderOurOwnNumber(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", ".dvc/tmp/rondo/x": "", "a.txt": "a"})
	at := filepath.Join(dir, "a.txt")
	put(t, dir, ".dvc/tmp/rwlock", fmt.Sprintf(`{"write": {%q: {"pid": %d, "cmd": "dvc add a.txt"}}, "read": {%q: [{"pid": %d, "cmd": "dvc repro"}]}}`, at, os.Getpid(), at, os.Getpid()))
	if err := open(t, dir).Add(t.Context(), "a.txt"); err != nil {
		t.Error(err)
	}
}
