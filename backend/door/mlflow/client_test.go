package mlflow_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The real client, unchanged, goes through what scripts do. The flows know nothing of
// Rondo: they pass against MLflow's own server as well.
func TestRealClient(t *testing.T) {
	python := filepath.Join(root(t), ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("the Python packages of the tests are not installed: run make setup (%v)", err)
	}
	for _, flow := range []string{"tracking", "models", "mistakes", "traces", "genai", "webhooks", "autolog", "old", "surface"} {
		t.Run(flow, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			server := httptest.NewServer(h.door)
			defer server.Close()
			out := client(t, python, flow, server.URL)
			if !strings.Contains(out, "flow passed") {
				t.Fatalf("%s", out)
			}
			for line := range strings.Lines(out) {
				if strings.Contains(line, "WARNING mlflow.") && !usual(line) {
					t.Errorf("the client warns: %s", line)
				}
			}
		})
	}
}

// usual tells warnings that MLflow's own server gets from the client as well.
func usual(line string) bool {
	return strings.Contains(line, "pickle") || strings.Contains(line, "CloudPickle") || strings.Contains(line, "registering model based on models:/") ||
		strings.Contains(line, "`artifact_path` is deprecated")
}

func client(t *testing.T, python, flow, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute) // ten libraries on a busy machine take their time
	defer cancel()
	cmd := exec.CommandContext(ctx, python, filepath.Join(root(t), "testdata", "python", "mlflow", flow+".py"))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "MLFLOW_TRACKING_URI="+address, "MLFLOW_REGISTRY_URI=", "MLFLOW_RUN_ID=", "MLFLOW_EXPERIMENT_NAME=", "MLFLOW_DISABLE_TELEMETRY=true", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", flow, err, out)
	}
	return string(out)
}
