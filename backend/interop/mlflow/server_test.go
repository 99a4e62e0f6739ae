package mlflow_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fromServer imports from MLflow's own server, which has the store open.
func fromServer(t *testing.T, c *client, dir string, want map[string]any) {
	h := open(t)
	a := h.bring(t, startServer(t, dir))
	if n := counts(a, "run"); n != [4]int{6, 0, 0, 0} || a.Files < 10 {
		t.Errorf("came: %+v", a)
	}
	same(t, want, c.dump(t, h.url), noFiles...)
}

// startServer starts `mlflow server` on the store in dir and waits until it answers.
func startServer(t *testing.T, dir string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.CommandContext(context.Background(), filepath.Join(root(t), ".venv", "bin", "python"), "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///"+dir+"/mlflow.db",
		"--artifacts-destination", dir+"/art", "--host", "127.0.0.1", "--port", fmt.Sprint(port), "--workers", "1")
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "MLFLOW_DISABLE_TELEMETRY=true", "PYTHONDONTWRITEBYTECODE=1", "MLFLOW_TRACKING_URI=")
	inGroup(cmd)
	out, err := cmd.StderrPipe()
	must(t, err)
	cmd.Stdout = cmd.Stderr
	must(t, cmd.Start())
	t.Cleanup(func() {
		endGroup(cmd)
		cmd.Wait()
	})
	late := time.AfterFunc(2*time.Minute, func() { endGroup(cmd) })
	defer late.Stop()
	s, said := bufio.NewScanner(out), ""
	for s.Scan() {
		if said += s.Text() + "\n"; strings.Contains(s.Text(), "Application startup complete") {
			go func() {
				for s.Scan() { // so that it never waits for a reader
				}
			}()
			return fmt.Sprintf("http://127.0.0.1:%d", port)
		}
	}
	t.Fatalf("mlflow server did not start:\n%s", said)
	return ""
}
