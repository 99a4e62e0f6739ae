//go:build linux

package cli_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onSmallDisk moves the project to a disk of its own with a few MiB.
func onSmallDisk(t *testing.T) *world {
	t.Helper()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	w := &world{t: t, home: t.TempDir(), dir: filepath.Join(disk, "weather")}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=")
	t.Cleanup(func() {
		w.run("stop", "--project", w.dir)
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w.ok("init", "--sample", "weather", w.dir)
	w.ok("trust", "--yes")
	return w
}

// fill takes all the room that is left.
func (w *world) fill() (empty func()) {
	w.t.Helper()
	filler := filepath.Join(w.dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	return func() {
		if err := os.Remove(filler); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) mlflow(method, path, body string) answer {
	w.t.Helper()
	return w.request(method, w.info().URL+"/api/2.0/"+path, strings.NewReader(body))
}

// batch is so many points of noise that they need a block of their own on disk.
func batch(id string, points int) string {
	var list []string
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range points {
		list = append(list, fmt.Sprintf(`{"key":"k%d","value":%v,"timestamp":%d,"step":%d}`, i%40, noise.NormFloat64(), i, i))
	}
	return `{"run_id":"` + id + `","metrics":[` + strings.Join(list, ",") + `]}`
}

func TestAFullDiskLosesNothingOfRuns(t *testing.T) {
	w := onSmallDisk(t)
	w.ok("run", "--name", "first", "--", "echo", "before")
	page := w.mlflow("POST", "mlflow/runs/create", `{"experiment_id":"0","run_name":"logging"}`)
	_, id, _ := strings.Cut(page.body, `"run_id":"`)
	id, _, _ = strings.Cut(id, `"`)
	if a := w.mlflow("POST", "mlflow/runs/log-metric", `{"run_id":"`+id+`","key":"kept","value":1,"timestamp":1}`); a.status != 200 {
		t.Fatal(a)
	}
	empty := w.fill()
	for what, a := range map[string]answer{
		"metric points": w.mlflow("POST", "mlflow/runs/log-batch", batch(id, 1000)),
		"an artifact":   w.mlflow("PUT", "mlflow-artifacts/artifacts/0/"+id+"/artifacts/big.txt", strings.Repeat("x", 100_000)),
		"a param":       w.mlflow("POST", "mlflow/runs/log-parameter", `{"run_id":"`+id+`","key":"p","value":"`+strings.Repeat("x", 5000)+`"}`),
	} {
		for _, want := range []string{"the disk is full", "free some space", "are free on the disk with " + w.dir, "rondo data gc"} {
			if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, want) {
				t.Errorf("%s: %q is not in %d %.400s", what, want, a.status, a.body)
			}
		}
	}
	if r := w.run("run", "--name", "no-room", "--", "echo", "hi"); r.code == 0 || !strings.Contains(r.err, "the disk is full") || strings.Contains(r.err, "h47m") {
		t.Errorf("a run that has no room: %+v", r)
	}
	w.refuses(mistake{args: []string{"repro"}, code: 5, method: "POST", path: "/executions", body: `{}`, status: 503, wants: []string{"the disk is full", "free some space"}})
	if out := w.ok("runs", "show", "logging"); !strings.Contains(out, "kept") {
		t.Errorf("reading does not work: %s", out)
	}
	empty()
	if a := w.mlflow("POST", "mlflow/runs/log-batch", batch(id, 1000)); a.status != 200 {
		t.Errorf("with room again: %d %s", a.status, a.body)
	}
	w.ok("repro")
	w.ok("fsck")
	if out := w.ok("rebuild"); !strings.Contains(out, "row for row") {
		t.Error(out)
	}
}

// A run that fills the disk itself loses what finds no room, and still ends as it ended.
func TestARunThatFillsTheDiskIsRecordedToItsEnd(t *testing.T) {
	w := onSmallDisk(t)
	r := w.run("run", "--name", "glutton", "--", "sh", "-c", "echo begins; cat /dev/zero > filler; echo full; rm filler; echo room again; exit 7")
	if r.code != 7 || !strings.Contains(r.out, "begins") || !strings.Contains(r.err, "exit code 7") {
		t.Errorf("%+v", r)
	}
	r = w.run("run", "--name", "filled", "--", "sh", "-c", "cat /dev/zero > filler; exit 8")
	if r.code != 8 {
		t.Errorf("with the disk still full: %+v", r)
	}
	if err := os.Remove(filepath.Join(w.dir, "filler")); err != nil {
		t.Fatal(err)
	}
	w.eventually("exit code 8", "runs", "show", "filled")
	w.ok("fsck")
}
