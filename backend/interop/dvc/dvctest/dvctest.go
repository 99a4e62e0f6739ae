// Package dvctest asks the real DVC, so that a test can hold against it what Rondo does.
package dvctest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/doc"
)

// Program finds the dvc program that is the oracle: $DVC, in .venv, or on the PATH. Without any
// the test is skipped.
func Program(t *testing.T) string {
	t.Helper()
	for _, at := range []string{os.Getenv("DVC"), filepath.Join(top(), ".venv", "bin", "dvc")} {
		if info, err := os.Stat(at); at != "" && err == nil && !info.IsDir() {
			return at
		}
	}
	if at, err := exec.LookPath("dvc"); err == nil {
		return at
	}
	t.Skip("skipped: there is no dvc to compare with; install it (pip install dvc) and name it in $DVC")
	return ""
}

// top is the folder of the repository that the test runs in; empty where it runs elsewhere.
func top() string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// Interpreter is the python that a dvc is installed for: the one beside it.
func Interpreter(program string) string {
	if real, err := filepath.EvalSymlinks(program); err == nil {
		program = real
	}
	return filepath.Join(filepath.Dir(program), "python")
}

// Python runs a script with the interpreter that dvc is installed for.
func Python(t *testing.T, script, stdin string) string {
	t.Helper()
	cmd := exec.Command(Interpreter(Program(t)), "-c", script)
	cmd.Stdin = strings.NewReader(stdin)
	var fail bytes.Buffer
	cmd.Stderr = &fail
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v\n%s", err, fail.String())
	}
	return string(out)
}

// JSON writes a value of a document, as numbers and texts that Python reads as the same.
func JSON(v any) string {
	switch x := v.(type) {
	case *doc.Map:
		parts := []string{}
		for _, k := range x.Keys {
			val, _ := x.Get(k)
			parts = append(parts, JSON(k)+": "+JSON(val))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := []string{}
		for _, it := range x {
			parts = append(parts, JSON(it))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case doc.Time:
		return JSON(string(x))
	case doc.Big:
		return string(x)
	case float64:
		b, _ := json.Marshal(x)
		if !bytes.ContainsAny(b, ".eE") {
			b = append(b, ".0"...)
		}
		return string(b)
	}
	b, _ := json.Marshal(v)
	return string(b)
}
