//go:build linux

package cli_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// says holds what a call that is refused says against what a person needs of it.
func (w *world) says(r result, wants ...string) {
	w.t.Helper()
	if r.code == 0 {
		w.t.Errorf("it was not refused: %s", r.out)
	}
	for _, want := range wants {
		if !strings.Contains(r.err, want) {
			w.t.Errorf("%q is not in %q", want, r.err)
		}
	}
	for _, odd := range []string{"openat", "removeat", "renameat", "mkdirat", "unlinkat", "chmodat", "statat"} {
		if strings.Contains(r.err, odd+" ") {
			w.t.Errorf("%q is no word for a person: %s", odd, r.err)
		}
	}
}

// TestWhatIsNoFileIsToBeMovedAway: only a link stands for something that could be copied.
func TestWhatIsNoFileIsToBeMovedAway(t *testing.T) {
	w := newWorld(t)
	for name, make := range map[string]func(path string) error{
		"a pipe": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a socket": func(path string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		},
		"a symbolic link": func(path string) error { return os.Symlink("/etc/passwd", path) },
	} {
		writeAll(t, w.dir, map[string]string{"d/a.txt": "a"})
		odd := filepath.Join(w.dir, "d", "x")
		if err := make(odd); err != nil {
			t.Fatal(err)
		}
		out := "move it out of the folder"
		if name == "a symbolic link" {
			out = "replace it by a copy of what it stands for"
		}
		w.says(w.run("data", "add", "d"), "x is "+name, out)
		if err := os.Remove(odd); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAMarkedFileIsNamed, with how to take the mark away, where its rights show nothing.
func TestAMarkedFileIsNamed(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d/a.txt": "a"})
	w.ok("data", "add", "d")
	for mark, name := range map[string]string{"i": "immutable", "a": "append-only"} {
		for _, of := range []string{"d/a.txt", "d"} {
			writeAll(t, w.dir, map[string]string{"d/a.txt": "b"})
			marked := filepath.Join(w.dir, of)
			if out, err := exec.Command("chattr", "+"+mark, marked).CombinedOutput(); err != nil {
				t.Skipf("no file can be marked here: %s", out)
			}
			t.Cleanup(func() { _ = exec.Command("chattr", "-ia", marked).Run() })
			w.says(w.run("data", "checkout", "--force", "d"), marked+" is marked "+name, "chattr -"+mark)
			if out, err := exec.Command("chattr", "-"+mark, marked).CombinedOutput(); err != nil {
				t.Fatalf("%s", out)
			}
		}
	}
	w.ok("data", "checkout", "--force", "d")
}

// TestAFullDiskSaysWhatRoomThereIs, and what makes more.
func TestAFullDiskSaysWhatRoomThereIs(t *testing.T) {
	w := onSmallDisk(t)
	writeAll(t, w.dir, map[string]string{"d/a.txt": "a"})
	empty := w.fill()
	w.says(w.run("data", "add", "d"), "the disk is full", "are free on the disk with "+w.dir, "rondo data gc")
	empty()
	w.ok("data", "add", "d")
}

// TestNoPlaceForTheDevice: whoever has none learns which variable names one.
func TestNoPlaceForTheDevice(t *testing.T) {
	w := newWorld(t)
	w.ok("stop")
	file := filepath.Join(w.home, "file")
	writeAll(t, w.home, map[string]string{"file": "x"})
	before := w.env
	for _, env := range [][]string{
		{"RONDO_HOME=", "HOME=", "XDG_DATA_HOME="}, {"RONDO_HOME=" + file}, {"RONDO_HOME=/proc/none"}, {"RONDO_HOME=", "XDG_DATA_HOME=" + file},
	} {
		w.env = append(before, env...)
		w.says(w.run("data", "list"), "this device's files", "RONDO_HOME")
	}
	w.env = before
}

// TestWhatIsNotAddedLeavesNothing: no dataset without a version, also where its files are only looked at on the way.
func TestWhatIsNotAddedLeavesNothing(t *testing.T) {
	w := newWorld(t)
	before := w.ok("data", "list", "--json")
	writeAll(t, w.dir, map[string]string{"d/a.txt": "a"})
	if err := os.Symlink("/etc/passwd", filepath.Join(w.dir, "d", "out")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(w.dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"d"}, {"empty"}, {"--m", strings.Repeat("x", 5000), "d/a.txt"}, {"d", "--name", "weather"}} {
		w.says(w.run(append([]string{"data", "add"}, args...)...))
	}
	if after := w.ok("data", "list", "--json"); after != before {
		t.Errorf("it has left %s", after)
	}
	if list := w.ok("data", "list", "--removed", "--json"); strings.TrimSpace(list) != "[]" {
		t.Errorf("and of removed ones %s", list)
	}
	if err := os.Remove(filepath.Join(w.dir, "d", "out")); err != nil {
		t.Fatal(err)
	}
	if out := w.ok("data", "add", "d"); !strings.Contains(out, "d@1") {
		t.Errorf("the first snapshot: %s", out)
	}
	w.says(w.run("data", "add", "d"), "there is a dataset called", "rondo data snapshot d")
	w.ok("data", "add", "--no-snapshot", "--name", "e", "empty")
	writeAll(t, w.dir, map[string]string{"empty/e.txt": "e"})
	if out := w.ok("data", "add", "--name", "e", "empty"); !strings.Contains(out, "e@1") {
		t.Errorf("one that had no snapshot yet: %s", out)
	}
}
