package mlflow_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// elsewhere are addresses that MLflow's server has and the door does not: its pages.
var elsewhere = []string{"/", "/static-files/", "/build/", "/ajax-api/3.0/mlflow/demo/", "/ajax-api/3.0/mlflow/ui-telemetry", "/api/2.0mlflow/", "/ajax-api/2.0mlflow/"}

// Every address that the client of this version knows, and every one that its server
// answers, is answered here, or refused with the name of the part that is not there.
func TestEveryAddressOfTheClient(t *testing.T) {
	served, refused := addresses(t, filepath.Join(root(t), ".venv", "bin", "python"))
	if served < 150 || len(refused) < 10 {
		t.Errorf("only %d addresses are answered and %d parts refused: the list is not whole", served, len(refused))
	}
}

// addresses asks for every one that a client knows, and counts what is answered and what is refused.
func addresses(t *testing.T, python string) (served int, refused map[string]int) {
	t.Helper()
	h := open(t)
	cmd := exec.Command(python, filepath.Join(root(t), "testdata", "python", "mlflow", "addresses.py"))
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	must(t, err)
	refused = map[string]int{}
	for line := range strings.Lines(string(out)) {
		method, path, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasSuffix(path, "mlflow/graphql") || slices.ContainsFunc(elsewhere, func(p string) bool {
			return path == p || p != "/" && strings.HasPrefix(path, p)
		}) {
			continue
		}
		a := h.do(t, method, path, "{}")
		if a.status == 404 && a.body == nil {
			t.Errorf("%s %s: %s", method, path, a.text)
		}
		_, what, _ := strings.Cut(a.at("message"), "Rondo does not have ")
		switch {
		case a.status >= 500:
			t.Errorf("%s %s: %d %s", method, path, a.status, a.text)
		case a.at("error_code") != "ENDPOINT_NOT_FOUND":
			served++
		case what == "":
			t.Errorf("%s %s: nobody answers it, and nothing says why: %s", method, path, a.text)
		default:
			what, _, _ = strings.Cut(what, ". ")
			refused[what]++
		}
	}
	t.Logf("%d addresses are answered; refused: %v", served, refused)
	return served, refused
}
