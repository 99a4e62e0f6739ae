//go:build conformance

package mlflow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSameAnswers sends the same requests to MLflow's own server and to the door, and
// compares the answers: status, code and every field, with ids, times and order of
// tags evened out. It takes the seconds that MLflow's server needs to start:
//
//	go test -tags conformance -run SameAnswers ./backend/door/mlflow
func TestSameAnswers(t *testing.T) {
	ours := httptest.NewServer(open(t).door)
	defer ours.Close()
	left := &side{address: mlflowServer(t), names: map[string]string{}}
	right := &side{address: ours.URL, names: map[string]string{}}
	for i, c := range exchange {
		a, b := left.ask(t, c), right.ask(t, c)
		if a.status != b.status || !reflect.DeepEqual(a.body, b.body) {
			t.Errorf("%d: %s %s %s\n mlflow: %s\n rondo:  %s", i, c.method, c.path, c.body, a, b)
		}
	}
}

// mlflowServer starts MLflow's own server on a fresh database.
func mlflowServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	dir := t.TempDir()
	cmd := exec.Command(filepath.Join(root(t), ".venv", "bin", "mlflow"), "server", "--host", "127.0.0.1", "--port", port, "--workers", "1",
		"--backend-store-uri", "sqlite:///"+filepath.Join(dir, "mlflow.db"), "--artifacts-destination", filepath.Join(dir, "files"))
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, cmd.Start())
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		cmd.Wait()
	})
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if res, err := http.Get("http://" + address + "/health"); err == nil {
			res.Body.Close()
			return "http://" + address
		}
	}
	t.Fatal("mlflow server does not start")
	return ""
}

// side is one of the two servers, with the values that its answers gave to names.
type side struct {
	address string
	names   map[string]string
}

// request is one of the exchange. $names in it are replaced; keep gives a name to a value of the answer.
type request struct {
	method, path, body string
	keep               string // name=path of the value
}

type reply struct {
	status int
	body   any
}

func (r reply) String() string {
	b, _ := json.Marshal(r.body)
	return fmt.Sprintf("%d %s", r.status, b)
}

func (s *side) ask(t *testing.T, c request) reply {
	t.Helper()
	fill := func(text string) string {
		for name, value := range s.names {
			text = strings.ReplaceAll(text, "$"+name, value)
		}
		return text
	}
	req, err := http.NewRequest(c.method, s.address+fill(c.path), strings.NewReader(fill(c.body)))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	a := answer{}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	dec.Decode(&a.body)
	if name, path, ok := strings.Cut(c.keep, "="); ok {
		s.names[name] = a.at(path)
		if s.names[name] == "" {
			t.Fatalf("%s%s does not say %s: %s", s.address, c.path, path, b)
		}
	}
	var v any
	if json.Unmarshal(b, &v) != nil {
		v = string(b)
	}
	if c.method == http.MethodPut && v == "" {
		v = map[string]any{}
	}
	return reply{res.StatusCode, s.even("", v)}
}

var anyID = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// even takes out what must differ: ids, times, words of errors, the order of tags, and
// what MLflow's server adds to its answers and no client reads.
func (s *side) even(name string, v any) any {
	switch x := v.(type) {
	case map[string]any:
		for _, only := range []string{"workspace", "error_class", "sqlstate"} {
			delete(x, only)
		}
		if out, ok := x["outputs"].(map[string]any); ok && len(out) == 0 {
			delete(x, "outputs")
		}
		for k, item := range x {
			x[k] = s.even(k, item)
		}
	case []any:
		for _, v := range x { // the door tells aliases in lists as well
			if v, ok := v.(map[string]any); ok && (name == "model_versions" || name == "latest_versions") {
				delete(v, "aliases")
			}
		}
		for i, item := range x {
			x[i] = s.even("", item)
		}
		if slices.Contains([]string{"tags", "params", "metrics"}, name) {
			slices.SortFunc(x, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	case float64:
		if strings.Contains(name, "time") && (x == 0 || x > 1e12) {
			return "time"
		}
	case string:
		if name == "message" || name == "next_page_token" || name == "artifact_uri" && strings.Contains(x, "registry/") {
			return name
		}
		if exp := s.names["exp"]; exp != "" {
			if x == exp && name == "experiment_id" {
				return "exp"
			}
			x = strings.Replace(x, "mlflow-artifacts:/"+exp, "mlflow-artifacts:/exp", 1)
		}
		return anyID.ReplaceAllString(x, "id")
	}
	return v
}
