//go:build conformance

package mlflow_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestUpstream runs MLflow's own REST tracking tests, unmodified, from a checkout outside
// of the project, against the door. A test that fails must be on the list of docs/mlflow.md,
// and what is on the list must fail, so that the list stays true:
//
//	RONDO_MLFLOW_SOURCE=DIR RONDO_MLFLOW_PYTHON=PYTHON go test -tags conformance -timeout 60m -run Upstream ./backend/door/mlflow
//
// The interpreter needs pytest beside the packages of testdata/python/requirements.txt.
// RONDO_MLFLOW_TESTS chooses some by an expression, as -k does; the list is then not checked whole.
func TestUpstream(t *testing.T) {
	source, python := os.Getenv("RONDO_MLFLOW_SOURCE"), os.Getenv("RONDO_MLFLOW_PYTHON")
	if source == "" || python == "" {
		t.Skip("RONDO_MLFLOW_SOURCE and RONDO_MLFLOW_PYTHON do not say where MLflow's tests and an interpreter with pytest are")
	}
	hotel := httptest.NewServer(&hotel{t: t, open: map[string]*httptest.Server{}})
	defer hotel.Close()
	some := os.Getenv("RONDO_MLFLOW_TESTS")
	results := pytest(t, python, source, hotel.URL, some)
	known := listedFailures(t)
	failed, passed, run := 0, 0, map[string]bool{}
	for name, why := range results {
		base, _, _ := strings.Cut(name, "[")
		expected := known[base]
		run[base] = true
		switch {
		case why == "":
			if passed++; expected {
				t.Errorf("%s passes and is on the list of docs/mlflow.md", name)
			}
		default:
			if failed++; !expected {
				t.Errorf("%s: %s", name, why)
			}
		}
	}
	t.Logf("%d of %d pass; %d fail, %d are on the list", passed, passed+failed, failed, len(known))
	for name := range known {
		if !run[name] && some == "" {
			t.Errorf("%s is on the list of docs/mlflow.md and was not run", name)
		}
	}
}

// hotel hands out servers of the door, each with an empty project.
type hotel struct {
	t    *testing.T
	mu   sync.Mutex
	open map[string]*httptest.Server
}

func (h *hotel) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if req.URL.Path == "/open" {
		s := httptest.NewServer(open(h.t).door)
		h.open[s.URL] = s
		io.WriteString(w, s.URL)
		return
	}
	b, _ := io.ReadAll(req.Body)
	if s := h.open[string(b)]; s != nil {
		s.CloseClientConnections()
		s.Close()
		delete(h.open, string(b))
	}
}

// pytest runs the tests and tells of each why it failed, or "".
func pytest(t *testing.T, python, source, hotel, some string) map[string]string {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.xml")
	args := []string{
		"-m", "pytest", "-p", "rondo_seam", "-q", "--no-header", "--tb=short", "--timeout=120", "--junitxml", report,
		"tests/tracking/test_rest_tracking.py",
		"--deselect", "tests/tracking/test_rest_tracking.py::test_create_model_version_with_validation_regex", // starts MLflow's own server, whatever stands in for it
	}
	if some != "" {
		args = append(args, "-k", some)
	}
	cmd := exec.Command(python, args...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "RONDO_HOTEL="+hotel, "MLFLOW_TRACKING_URI=", "MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES=1",
		"PYTHONPATH="+filepath.Join(root(t), "testdata", "python", "mlflow", "upstream")+string(os.PathListSeparator)+source)
	out, err := cmd.CombinedOutput()
	b, readErr := os.ReadFile(report)
	if readErr != nil {
		t.Fatalf("pytest: %v\n%s", err, out)
	}
	if file := os.Getenv("RONDO_MLFLOW_OUTPUT"); file != "" {
		must(t, os.WriteFile(file, out, 0o600))
	}
	var suites struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Error *struct {
				Message string `xml:"message,attr"`
			} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	must(t, xml.Unmarshal(b, &suites))
	results := map[string]string{}
	for _, c := range suites.Cases {
		switch {
		case c.Skipped != nil: // the file store, which MLflow itself no longer has
		case c.Failure != nil:
			results[c.Name] = firstLines(c.Failure.Message)
		case c.Error != nil:
			results[c.Name] = firstLines(c.Error.Message)
		default:
			results[c.Name] = ""
		}
	}
	return results
}

func firstLines(s string) string {
	if s = strings.TrimSpace(s); len(s) > 300 {
		return s[:300]
	}
	return s + " "
}

var listLine = regexp.MustCompile("(?m)^\\| `(test_[^`]+)` \\|")

// listedFailures reads the names that docs/mlflow.md gives reasons for.
func listedFailures(t *testing.T) map[string]bool {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), "docs", "mlflow.md"))
	must(t, err)
	known := map[string]bool{}
	for _, m := range listLine.FindAllStringSubmatch(string(b), -1) {
		known[m[1]] = true
	}
	return known
}
