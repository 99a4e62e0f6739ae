package launch_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"rondo/backend/run/launch"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// venv makes what a virtual environment looks like. Its interpreter would betray that
// it was run.
func venv(t *testing.T) (dir, betrayal string) {
	t.Helper()
	dir = t.TempDir()
	betrayal = filepath.Join(dir, "was-run")
	write(t, filepath.Join(dir, "bin", "python3"), "#!/bin/sh\ntouch "+betrayal+"\n")
	write(t, filepath.Join(dir, "pyvenv.cfg"), "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.13.5\n")
	site := filepath.Join(dir, "lib", "python3.13", "site-packages")
	write(t, filepath.Join(site, "numpy-2.1.dist-info", "METADATA"), "Metadata-Version: 2.1\nName: numpy\nVersion: 2.1\n\nName: not-me\n")
	write(t, filepath.Join(site, "Old.egg-info", "PKG-INFO"), "Name: Old\nVersion: 0.1\n")
	write(t, filepath.Join(site, "broken.dist-info", "METADATA"), "nothing")
	write(t, filepath.Join(dir, "lib", "python3.9", "site-packages", "other-1.dist-info", "METADATA"), "Name: other\nVersion: 1\n")
	return dir, betrayal
}

func TestPythonIsReadAndNotRun(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folders of an environment are others there")
	}
	dir, betrayal := venv(t)
	work := t.TempDir()
	write(t, filepath.Join(work, "train"), "#!/usr/bin/env -S python3 -u\n")
	write(t, filepath.Join(work, "plain"), "#!/bin/sh\n")
	for _, command := range [][]string{{"python3", "x.py"}, {filepath.Join(dir, "bin", "python3")}, {"./train"}} {
		e := launch.Describe(command, work, []string{"PATH=" + filepath.Join(dir, "bin")})
		p := e.Python
		if p == nil || p.Executable != filepath.Join(dir, "bin", "python3") || p.Version != "3.13.5" || !slices.Equal(p.Packages, []launch.Package{{Name: "numpy", Version: "2.1"}, {Name: "Old", Version: "0.1"}}) {
			t.Errorf("%v: python %+v", command, p)
		}
	}
	for _, command := range [][]string{{"./plain"}, {"sh"}, {"no-such-thing"}, {"python3"}} {
		if e := launch.Describe(command, work, []string{"PATH=/nonexistent"}); e.Python != nil {
			t.Errorf("%v: python %+v", command, e.Python)
		}
	}
	if _, err := os.Stat(betrayal); err == nil {
		t.Error("the interpreter was run")
	}
}

func TestSecretsAreHidden(t *testing.T) {
	e := launch.Describe(
		[]string{"train", "--api-key", "hush", "--password=hush", "TOKEN=hush", "--lr", "0.1", "--token", "--epochs", "3", "postgres://ann:hush@db/x", "tokens.txt"}, "/",
		[]string{"AWS_SECRET_ACCESS_KEY=hush", "HF_TOKEN=hush", "OMP_NUM_THREADS=2", "PYTHONPATH=http://ann:hush@host/x", "DATABASE_URL=hush"},
	)
	got := strings.Join(e.Command, " ")
	if want := "train --api-key <hidden> --password=<hidden> TOKEN=<hidden> --lr 0.1 --token --epochs 3 postgres://<hidden>@db/x tokens.txt"; got != want {
		t.Errorf("command %q, want %q", got, want)
	}
	if len(e.Variables) != 2 || e.Variables["OMP_NUM_THREADS"] != "2" || strings.Contains(e.Variables["PYTHONPATH"], "hush") {
		t.Errorf("variables %v", e.Variables)
	}
}
