package mlflow_test

import (
	"net/http"
	"strings"
	"testing"

	"rondo/backend/door/mlflow"
	"rondo/backend/errs"
)

// TestEveryFailureTellsTheWayOut, of what is answered at once and of what is streamed.
func TestEveryFailureTellsTheWayOut(t *testing.T) {
	h := open(t)
	h.door = mlflow.New(mlflow.Options{
		Runs: h.runs, Registry: h.registry,
		Explain: func(err error) error { return errs.New(errs.KindOf(err), "%w", err).WithHint("so much is free") },
	})
	for _, path := range []string{"mlflow/runs/get?run_id=none", "/get-artifact?run_id=none&path=a", "/api/2.0/mlflow-artifacts/artifacts/0/none/artifacts/a"} {
		if a := h.do(t, http.MethodGet, path, ""); a.status < http.StatusBadRequest || !strings.Contains(a.text, "so much is free") {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
}
