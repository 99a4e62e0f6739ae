package cli_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAFolderWithoutTheRightToWriteIsRead runs the program as nobody where the test runs as
// root, whom no mode holds back: all that is there is told, nothing of it changes, and what would
// change it is refused with the reason.
func TestAFolderWithoutTheRightToWriteIsRead(t *testing.T) {
	w := newWorld(t)
	w.ok("trust", "--yes")
	w.ok("data", "snapshot", "weather")
	w.ok("run", "--", "true")
	w.ok("stop")
	n := w.asNobody()
	mode(t, w.dir, 0o555, 0o444)
	defer mode(t, w.dir, 0o755, 0o644)
	captures := filepath.Join(w.dir, ".rondo", "captures")
	if err := os.Chmod(captures, 0o700); err != nil { // as it is made
		t.Fatal(err)
	}
	before := looks(t, w.dir)
	for _, q := range []struct{ verb, says string }{
		{"data list", "weather"},
		{"data log weather", "1096"},
		{"data status", "clean"},
		{"data files weather", "weather.csv"},
		{"data verify", "all intact"},
		{"data sql weather@1 select+count(*)+from+weather", "1096"},
		{"data profile weather", "temp_max"},
		{"runs", "finished"},
		{"status", "prepare"},
		{"model list", ""},
	} {
		args := strings.Fields(q.verb)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "+", " ")
		}
		if r := n.run(args...); r.code != 0 || !strings.Contains(r.out, q.says) {
			t.Errorf("%s: %+v", q.verb, r)
		}
	}
	for _, verb := range []string{"data du", "fsck"} {
		if r := n.run(strings.Fields(verb)...); r.code < 4 || !strings.Contains(r.err, "captures cannot be read") || !strings.Contains(r.err, "whether you may read") {
			t.Errorf("%s, which reads all that there is: %+v", verb, r)
		}
	}
	for _, verb := range []string{"data snapshot weather", "data checkout weather", "data gc", "data tag weather@1 good", "run -- true", "repro"} {
		r := n.run(strings.Fields(verb)...)
		if r.code != 4 || !strings.Contains(r.err, w.dir+" may not be written to (permission denied)") || strings.Contains(r.err, "probe") || !strings.Contains(r.err, "give yourself the right") {
			t.Errorf("%s: %+v", verb, r)
		}
	}
	disk := filepath.Join(n.home, "disk")
	n.ok("data", "remote", "disk", disk)
	n.ok("data", "push")
	if out := n.ok("data", "remote-status"); !strings.Contains(out, "in sync") {
		t.Errorf("what is there can be copied: %s", out)
	}
	n.ok("stop")
	if after := looks(t, w.dir); after != before {
		t.Errorf("it was changed:\n%s\n%s", before, after)
	}
}

// asNobody is the same project for somebody who has no rights in it.
func (w *world) asNobody() *world {
	w.t.Helper()
	exe := filepath.Join(open(w.t), "rondo")
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	if out, err := exec.Command("cp", self, exe).CombinedOutput(); err != nil {
		w.t.Fatalf("%v %s", err, out)
	}
	n := *w
	n.exe, n.home = exe, open(w.t)
	n.env = append(slices.Clone(w.env), "RONDO_HOME="+n.home, "HOME="+n.home)
	if os.Getuid() == 0 {
		n.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := os.Chmod(n.home, 0o777); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { n.run("stop") })
	return &n
}

// looks tells of all files of a folder their names, sizes and times.
func looks(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(&all, path, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
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
	t.Cleanup(func() { // where it was not stopped
		server.Process.Kill()
		server.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
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
