package cli_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAFolderWithoutTheRightToWriteIsNamed runs the program as nobody where the test
// runs as root, whom no mode holds back.
func TestAFolderWithoutTheRightToWriteIsNamed(t *testing.T) {
	w := newWorld(t)
	exe := filepath.Join(open(t), "rondo")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", self, exe).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	home := open(t)
	if err := os.Chmod(home, 0o777); err != nil {
		t.Fatal(err)
	}
	mode(t, w.dir, 0o555, 0o444)
	defer mode(t, w.dir, 0o755, 0o644)
	cmd := exec.Command(exe, "serve", "--project", w.dir, "--port", "-1", "--serving-port", "-1")
	cmd.Dir, cmd.Env = home, append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+home)
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 4 || !strings.Contains(string(out), "may not be written to") || !strings.Contains(string(out), "rondo fsck") {
		t.Errorf("code %d: %s", cmd.ProcessState.ExitCode(), out)
	}
}

// TestAFolderThatBecomesReadOnly takes the right to write away from a server that runs:
// it answers what it knows, refuses the rest with the reason, and goes on afterwards.
func TestAFolderThatBecomesReadOnly(t *testing.T) {
	w := newWorld(t)
	exe := filepath.Join(open(t), "rondo")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", self, exe).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	w.home = open(t)
	w.env = append(w.env, "RONDO_HOME="+w.home)
	mode(t, w.dir, 0o777, 0o666)
	if err := os.Chmod(w.home, 0o777); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(exe, "serve", "--project", w.dir, "--port", "-1", "--serving-port", "-1", "--background")
	server.Dir, server.Env = w.home, w.env
	if os.Getuid() == 0 {
		server.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(w.home, "*", "server.json")); len(found) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server never began")
		}
	}
	w.ok("trust", "--yes")
	w.ok("data", "snapshot", "weather")
	mode(t, w.dir, 0o555, 0o444)
	for _, r := range []result{w.run("run", "--", "true"), w.run("repro")} {
		if r.code == 0 || !strings.Contains(r.err, "permission denied") || !strings.Contains(r.err, "writable") {
			t.Errorf("without the right to write: %+v", r)
		}
	}
	if a := w.ask("POST", "/executions", `{}`); a.status != 503 || a.Hint == "" {
		t.Errorf("over HTTP: %d %s", a.status, a.body)
	}
	if out := w.ok("data", "log", "weather"); !strings.Contains(out, "1096") {
		t.Errorf("reading does not work: %s", out)
	}
	mode(t, w.dir, 0o777, 0o666)
	w.ok("run", "--", "true")
	w.ok("fsck")
	w.ok("stop")
}

// open returns a folder that everybody may enter.
func open(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mode sets the modes of all folders and files below dir, and lets everybody reach it.
func mode(t *testing.T, dir string, folders, files fs.FileMode) {
	t.Helper()
	for at := filepath.Dir(dir); at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, folders)
		}
		return os.Chmod(path, files)
	})
	if err != nil {
		t.Fatal(err)
	}
}
