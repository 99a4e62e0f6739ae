package cli_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/app/client"
)

// mlruns makes a file store of so many runs.
func mlruns(t *testing.T, runs int) string {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{"5/meta.yaml": "artifact_location: file://" + dir + "/5\nexperiment_id: '5'\nlifecycle_stage: active\nname: old\n"}
	for n := range runs {
		id := fmt.Sprintf("%032x", n+1)
		all["5/"+id+"/meta.yaml"] = fmt.Sprintf("artifact_uri: file://%s/5/%s/artifacts\nlifecycle_stage: active\nrun_id: '%s'\nrun_name: r%d\nstart_time: 1600000000000\nend_time: 1600000000001\nstatus: 3\n", dir, id, id, n)
		all["5/"+id+"/metrics/loss"] = strings.Repeat("1600000000000 0.5 0\n", 1) + "1600000000001 0.25 1\n"
		all["5/"+id+"/params/lr"] = "0.1"
		all["5/"+id+"/artifacts/a.txt"] = "text"
	}
	writeAll(t, dir, all)
	return dir
}

// TestImportMLflowIsKilledAndRepeated kills the program at some moments, and the server
// at others, and lets it end then: everything is there once.
func TestImportMLflowIsKilledAndRepeated(t *testing.T) {
	w, dir := newWorld(t), mlruns(t, 150)
	for i, after := range []time.Duration{20, 60, 120, 200, 300, 450} {
		cmd := w.command("import", "mlflow", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		kill := time.AfterFunc(after*time.Millisecond, func() {
			defer close(done)
			if i%2 == 1 {
				w.killServer()
			}
			cmd.Process.Kill()
		})
		cmd.Wait()        // however it ended
		if !kill.Stop() { // whose server it kills must not be that of the next
			<-done
		}
	}
	out := w.ok("import", "mlflow", dir)
	if !strings.Contains(out, "MLflow's file store") {
		t.Errorf("the account is\n%s", out)
	}
	var a struct {
		Points int
		Counts []struct {
			Kind               string
			New, Same, Changed int
		}
	}
	if err := json.Unmarshal([]byte(w.ok("import", "mlflow", dir, "--json")), &a); err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Counts {
		if c.Kind == "run" && (c.Same != 150 || c.New+c.Changed != 0) || a.Points != 0 {
			t.Errorf("the last import says %+v", a)
		}
	}
	var list struct {
		Runs []struct {
			Metrics map[string]struct{ Count int }
		}
	}
	if err := json.Unmarshal([]byte(w.ok("runs", "--json", "--limit", "1000")), &list); err != nil || len(list.Runs) != 150 {
		t.Fatalf("%d runs, %v", len(list.Runs), err)
	}
	for _, r := range list.Runs {
		if r.Metrics["loss"].Count != 2 {
			t.Fatalf("a run has %d points", r.Metrics["loss"].Count)
		}
	}
}

// killServer ends the project's server at once, as a power cut would.
func (w *world) killServer() {
	found, _ := filepath.Glob(filepath.Join(w.home, "*", "server.json"))
	for _, name := range found {
		info, err := client.Find(filepath.Dir(name))
		if err != nil {
			continue
		}
		for _ = syscall.Kill(info.Process.PID, syscall.SIGKILL); info.Process.Alive(); {
			time.Sleep(time.Millisecond) // the kernel's time to end it: until then it takes what the next one asks
		}
	}
}

// TestExportMLflow exports, and imports the export into another project.
func TestExportMLflow(t *testing.T) {
	w, dir := newWorld(t), mlruns(t, 3)
	w.ok("import", "mlflow", dir)
	to := filepath.Join(t.TempDir(), "out")
	if out := w.ok("export", "mlflow", to); !strings.Contains(out, "mlflow server --backend-store-uri sqlite:///"+to) || !strings.Contains(out, "3 runs") {
		t.Errorf("the export says\n%s", out)
	}
	if r := w.run("export", "mlflow", to); r.code == 0 || !strings.Contains(r.err, "not empty") {
		t.Errorf("a second one: %d %s", r.code, r.err)
	}
	other := newWorld(t)
	if out := other.ok("import", "mlflow", to); !strings.Contains(out, "6 metric points and 3 files") {
		t.Errorf("of the export comes\n%s", out)
	}
	if r := w.run("import", "mlflow", filepath.Join(dir, "nothing")); r.code == 0 || !strings.Contains(r.err, "no MLflow store") {
		t.Errorf("a store that is not there: %d %s", r.code, r.err)
	}
}
