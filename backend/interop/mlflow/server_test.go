//go:build conformance && unix

package mlflow_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestServer imports from MLflow's own server, which has the store open.
func TestServer(t *testing.T) {
	c, dir := startClient(t), t.TempDir()
	uri := "sqlite:///" + dir + "/mlflow.db"
	c.do(t, nil, "make", uri, dir+"/art")
	want := c.dump(t, uri)
	h := open(t)
	a := h.bring(t, startServer(t, dir))
	if n := counts(a, "run"); n != [4]int{6, 0, 0, 0} || a.Files < 10 {
		t.Errorf("came: %+v", a)
	}
	same(t, want, c.dump(t, h.url), keptStep...)
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
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, cmd.Start())
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	address = fmt.Sprintf("http://127.0.0.1:%d", port)
	deadline, again := time.After(5*time.Minute), time.NewTicker(200*time.Millisecond)
	defer again.Stop()
	for {
		if res, err := http.Get(address + "/health"); err == nil {
			res.Body.Close()
			return address
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatal("mlflow server did not start within five minutes")
		}
	}
}
