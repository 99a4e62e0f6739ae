//go:build conformance

package mlflow_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLibraries lets libraries log by themselves, with the newest client and with the last
// of MLflow 2, each in a virtual environment of its own that `make conformance` makes.
func TestLibraries(t *testing.T) {
	for client, flows := range map[string][]string{"libraries": {"libraries"}, "old": {"libraries", "old", "autolog"}} {
		python := filepath.Join(root(t), "build", "cache", client, "bin", "python")
		if _, err := os.Stat(python); err != nil {
			t.Fatalf("the packages of testdata/python/%s.txt are not installed: run make conformance (%v)", client, err)
		}
		for _, flow := range flows {
			t.Run(client+"/"+flow, func(t *testing.T) { flowPasses(t, python, flow) })
		}
	}
}

// TestTorch does the same with PyTorch, whose packages take gigabytes:
//
//	RONDO_TORCH_PYTHON=PYTHON go test -tags conformance -run Torch ./backend/door/mlflow
//
// The interpreter has torch and lightning beside the packages of testdata/python/libraries.txt.
func TestTorch(t *testing.T) {
	python := os.Getenv("RONDO_TORCH_PYTHON")
	if python == "" {
		t.Skip("RONDO_TORCH_PYTHON does not say where an interpreter with torch and lightning is")
	}
	flowPasses(t, python, "deep")
}

func flowPasses(t *testing.T, python, flow string) {
	t.Helper()
	h := open(t)
	server := httptest.NewServer(h.door)
	defer server.Close()
	if out := client(t, python, flow, server.URL); !strings.Contains(out, "flow passed") {
		t.Fatalf("%s", out)
	}
}
