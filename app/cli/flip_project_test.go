package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rondo/backend/folder"
)

// everything is a project with all kinds of files that there are, a remote that has its
// snapshots, and no server.
func everything(t *testing.T) *world {
	t.Helper()
	w := trained(t)
	files := map[string]string{"linked/large.csv": table(manyRows), "passing.csv": "a,b\n1,2\n"}
	for i := range 30 {
		files["many/"+string(rune('a'+i))] = strings.Repeat(string([]byte{byte(i), 7}), 200)
	}
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "\nstages:", "\ndata:\n  link: hardlink\n\nstages:")
	w.ok("stop") // so that the next server reads it
	writeAll(t, w.dir, files)
	w.ok("token")
	w.days(0)
	run := w.logged()
	w.traced()
	w.kept()
	writeAll(t, w.dir, map[string]string{".rondo/.dvcignore": "*\n"}) // as in a project that is DVC's too
	w.ok("run", "--name", "quick", "--", "sh", "-c", "echo said; echo complained >&2")
	w.eventually("quick     finished", "runs")
	w.ok("data", "remote", "disk", w.disk())
	w.ok("data", "push")
	w.ok("data", "gc")
	w.mlflowOK("POST", "mlflow/runs/update", `{"run_id":"`+run+`","status":"FINISHED"}`)
	w.ok("stop")
	return w
}

const manyRows = 60_000

// table is a CSV of more than 1 MiB.
func table(rows int) string {
	var b strings.Builder
	b.WriteString("number,word\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,word number %d\n", 100_000+i, i)
	}
	return b.String()
}

// disk is where the remote of a project with everything lies.
func (w *world) disk() string { return filepath.Join(w.home, "disk") }

func (w *world) mlflowOK(method, path, body string) string {
	w.t.Helper()
	a := w.mlflow(method, path, body)
	if a.status != http.StatusOK {
		w.t.Fatalf("%s %s: %+v", method, path, a)
	}
	return a.body
}

var inQuotes = regexp.MustCompile(`"(?:run_id|model_id)":\s*"([\w-]+)"`)

// logged is a run that a client from outside logged, with metrics, an artifact and a model.
func (w *world) logged() string {
	id := inQuotes.FindStringSubmatch(w.mlflowOK("POST", "mlflow/runs/create", `{"experiment_id":"0","run_name":"logged"}`))[1]
	w.mlflowOK("POST", "mlflow/runs/log-batch", batch(id, 40))
	w.mlflowOK("POST", "mlflow/runs/log-metric", `{"run_id":"`+id+`","key":"k","value":1,"timestamp":1}`)
	w.mlflowOK("PUT", "mlflow-artifacts/artifacts/0/"+id+"/artifacts/notes/a.txt", "logged from outside")
	model := inQuotes.FindStringSubmatch(w.mlflowOK("POST", "mlflow/logged-models", `{"experiment_id":"0","name":"net","source_run_id":"`+id+`"}`))[1]
	w.mlflowOK("PUT", "mlflow-artifacts/artifacts/0/models/"+model+"/artifacts/MLmodel", "flavors: {}\n")
	return id
}

const (
	aTrace      = "tr-0102030405060708090a0b0c0d0e0f10"
	aPicture    = "6a2f1c7e-0b1d-4a55-9d3e-0123456789ab"
	attachments = "mlflow-artifacts/artifacts/0/traces/" + aTrace + "/artifacts/attachments/"
	spans       = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"ask",
		"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001500000000","attributes":[{"key":"mlflow.spanInputs","value":{"stringValue":"what is it?"}}]}]}]}]}`
)

// traced leaves a trace with an attachment.
func (w *world) traced() {
	w.t.Helper()
	req, err := http.NewRequest("POST", w.info().URL+"/v1/traces", strings.NewReader(spans))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.info().Token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Mlflow-Experiment-Id", "0")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatal(err, res)
	}
	res.Body.Close()
	w.mlflowOK("PUT", attachments+aPicture, "a picture")
}

// settles waits until a file is so old that it may be linked, as the clock of files has it.
func (w *world) settles(name string) {
	w.t.Helper()
	for {
		info, err := os.Lstat(filepath.Join(w.dir, name))
		if err != nil {
			w.t.Fatal(err)
		}
		if folder.StampOf(info).Settled(time.Now()) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// kept takes snapshots of small files, of a large one that is linked, and of what is garbage then.
func (w *world) kept() {
	w.settles("linked/large.csv")
	said := w.ok("data", "add", "linked")
	if loose, _ := filepath.Glob(filepath.Join(w.dir, ".rondo/objects/??/*")); len(loose) == 0 {
		yaml, _ := os.ReadFile(filepath.Join(w.dir, "rondo.yaml"))
		info, err := os.Stat(filepath.Join(w.dir, "linked/large.csv"))
		w.t.Fatalf("nothing was linked: %s\n%+v %v at %s\n%s", said, info, err, time.Now(), yaml)
	}
	w.ok("data", "add", "many", "--name", "many")
	w.ok("data", "snapshot", "many")
	w.ok("data", "tag", "many@1", "first")
	w.ok("data", "add", "passing.csv")
	w.ok("data", "remove", "passing")
}
