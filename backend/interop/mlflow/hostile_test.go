package mlflow_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow"
)

// secret is a file outside of every store; its content must never come over.
func secret(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, "key.txt", "the secret")
	return dir
}

// nothingSecret looks for the secret in everything that the project keeps.
func (h *house) nothingSecret(t *testing.T) {
	t.Helper()
	must(t, filepath.WalkDir(h.dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if strings.Contains(string(b), "the secret") {
			t.Errorf("%s holds what lies outside of the store", name)
		}
		return err
	}))
}

// TestHostileFiles imports a file store that was made to break out, or is broken.
func TestHostileFiles(t *testing.T) {
	out, dir := secret(t), t.TempDir()
	writeStore(t, dir, 12)
	run := func(n int) string { return filepath.Join(dir, "7", runID(n)) }
	must(t, os.Symlink(filepath.Join(out, "key.txt"), filepath.Join(run(0), "artifacts", "link.txt")))
	must(t, os.Symlink(out, filepath.Join(run(0), "artifacts", "folder")))
	must(t, os.Symlink("out.txt", filepath.Join(run(0), "artifacts", "inside.txt")))
	must(t, os.RemoveAll(filepath.Join(run(1), "artifacts")))
	must(t, os.Symlink(out, filepath.Join(run(1), "artifacts")))
	write(t, dir, "7/"+runID(2)+"/meta.yaml", "artifact_uri: file://"+out+"\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: "+runID(2)+"\nrun_name: x\nstatus: 3\nstart_time: 1\n")
	write(t, dir, "7/"+runID(3)+"/meta.yaml", "artifact_uri: file://"+dir+"/../"+filepath.Base(out)+"\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: "+runID(3)+"\nrun_name: x\nstatus: 3\nstart_time: 1\n")
	write(t, dir, "7/"+runID(4)+"/meta.yaml", "artifact_uri: [not, \x00 yaml")
	write(t, dir, "7/"+runID(5)+"/meta.yaml", "")
	must(t, os.Remove(filepath.Join(run(6), "params", "p")))
	must(t, os.Symlink(filepath.Join(out, "key.txt"), filepath.Join(run(6), "params", "p")))
	write(t, dir, "7/"+runID(7)+"/metrics/loss", "1600000000000 0.5 0\nnot a point\n1600000000001 0.25 1\n16000")
	write(t, dir, "7/"+runID(8)+"/meta.yaml", "experiment_id: '7'\nlifecycle_stage: active\nrun_id: ../../../"+runID(8)+"\nrun_name: x\nstatus: 3\nstart_time: 1\n")
	write(t, dir, "7/"+runID(9)+"/artifacts/a\\b.txt", "a name that no other system takes")
	write(t, dir, "7/"+runID(10)+"/meta.yaml", "artifact_uri: s3://bucket/x\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: "+runID(10)+"\nrun_name: x\nstatus: 3\nstart_time: 1\n")
	write(t, dir, "models/bad/meta.yaml", "name: bad\ncreation_timestamp: 1\n")
	write(t, dir, "models/bad/version-1/meta.yaml", "name: bad\nversion: 1\nsource: file://"+out+"\ncurrent_stage: None\n")
	write(t, dir, "models/bad/version-2/meta.yaml", "name: bad\nversion: 2\nsource: runs:/"+runID(0)+"/../../../../etc\ncurrent_stage: None\n")
	h := open(t)
	a := h.bring(t, dir)
	h.nothingSecret(t)
	for _, want := range []string{
		"is a link that leads out", "outside of what was named", "no YAML that can be read", "is no point", "holds a backslash", "leads out of the store",
		"is not the id of a run", "it has no files",
	} {
		if !leftWith(a, want) {
			t.Errorf("the account does not say %q: %+v", want, a.Left)
		}
	}
	if n := counts(a, "run"); n != [4]int{9, 0, 0, 3} {
		t.Errorf("runs: %v", n)
	}
	if n := counts(a, "version"); n != [4]int{0, 0, 0, 2} {
		t.Errorf("versions: %v", n)
	}
	f, _, err := h.runs.OpenArtifact(t.Context(), runID(0), "inside.txt")
	must(t, err)
	f.Close()
	list, _, err := h.runs.History(t.Context(), runID(7), "loss", 0, 10)
	must(t, err)
	if len(list) != 2 {
		t.Errorf("of a file with bad lines came %v", list)
	}
	if _, err := os.ReadFile(filepath.Join(h.runs.ArtifactDir(runID(10)), "out.txt")); err != nil {
		t.Errorf("the artifacts beside a run whose address is a bucket: %v", err)
	}
}

// TestHostileServer imports from servers that lie, fail, or are none.
func TestHostileServer(t *testing.T) {
	id := runID(0)
	answers := map[string]string{
		"/version":                                      "3.17.2",
		"/api/2.0/mlflow/experiments/search":            `{"experiments":[{"experiment_id":"0","name":"Default","lifecycle_stage":"active"}]}`,
		"/api/2.0/mlflow/runs/search":                   `{"runs":[{"info":{"run_id":"` + id + `","run_name":"x","status":"FINISHED","start_time":1,"lifecycle_stage":"active"},"data":{"metrics":[{"key":"m","value":NaN,"timestamp":1,"step":0}]}}]}`,
		"/ajax-api/2.0/mlflow/metrics/get-history-bulk": `{"metrics":[{"key":"m","value":NaN,"timestamp":1,"step":0,"run_id":"` + id + `"},{"key":"m","value":-Infinity,"timestamp":2,"step":1,"run_id":"` + id + `"}]}`,
		"/api/2.0/mlflow/artifacts/list":                `{"files":[{"path":"../../key.txt","is_dir":false,"file_size":3},{"path":"/etc/passwd","file_size":3},{"path":"sub/x","file_size":3},{"path":"good.txt","file_size":4},{"path":"short.txt","file_size":9}]}`,
	}
	tr := "tr-" + strings.Repeat("b", 32)
	answers["/api/3.0/mlflow/traces/search"] = `{"traces":[{"trace_id":"` + tr + `","request_time":"2024-01-01T00:00:00Z","execution_duration":"1s","state":"OK","tags":{"mlflow.artifactLocation":"/srv/traces/1"}}]}`
	answers["/ajax-api/2.0/mlflow/get-trace-artifact"] = `{"spans":[{"name":"one","context":{"span_id":"0x1f","trace_id":"0x` + strings.Repeat("b", 32) + `"},"parent_id":null,"start_time":1500000000600000000,"end_time":1500000000612000000,
		"status_code":"OK","attributes":{"mlflow.traceRequestId":"\"` + tr + `\"","mlflow.spanInputs":"{\"p\":\"mlflow-attachment://00000000-0000-4000-8000-000000000001?content_type=image/png\"}"}}]}`
	answers["/api/2.0/mlflow/logged-models/search"] = `{}`
	answers["/api/2.0/mlflow/runs/get"] = `{"run":{"info":{"run_id":"` + id + `"},"inputs":{"model_inputs":[{"model_id":"m-1"}]}}}`
	failures := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if user, password, _ := req.BasicAuth(); user != "ann" || password != "right" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, "You are not authenticated.")
			return
		}
		if failures++; failures%3 == 0 { // a server in trouble
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		switch text, ok := answers[req.URL.Path]; {
		case ok:
			fmt.Fprint(w, text)
		case req.URL.Path == "/get-artifact" && req.URL.Query().Get("path") == "good.txt":
			fmt.Fprint(w, "good")
		case req.URL.Path == "/get-artifact" && req.URL.Query().Get("path") == "short.txt":
			w.Header().Set("Content-Length", "9")
			fmt.Fprint(w, "cut")
		default:
			w.WriteHeader(http.StatusNotFound)
			json.NewEncoder(w).Encode(map[string]string{"error_code": "ENDPOINT_NOT_FOUND", "message": "no"})
		}
	}))
	defer server.Close()
	h := open(t)
	if _, err := h.importer.Import(t.Context(), server.URL, mlflow.Options{}, nil); !errs.Is(err, errs.Precondition) || !strings.Contains(errs.HintOf(err), "MLFLOW_TRACKING_USERNAME") {
		t.Errorf("without a password: %v", err)
	}
	env := map[string]string{"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "right"}
	a, err := h.importer.Import(t.Context(), server.URL, mlflow.Options{Getenv: func(k string) string { return env[k] }}, nil)
	must(t, err)
	if n := counts(a, "run"); n != [4]int{1, 0, 0, 0} || a.Points != 2 || a.Files != 1 {
		t.Errorf("came: %+v", a)
	}
	if !leftWith(a, "is not below the folder") || !leftWith(a, "did not arrive") && !leftWith(a, "unexpected EOF") {
		t.Errorf("left: %+v", a.Left)
	}
	if r, err := h.runs.Get(t.Context(), id); err != nil || !slices.Equal(r.ModelInputs, []string{"m-1"}) {
		t.Errorf("a model that went in, which the search leaves out: %+v, %v", r.ModelInputs, err)
	}
	if n := counts(a, "trace"); n[0] != 1 || !leftWith(a, "hands out no files of traces") {
		t.Errorf("spans came for an attachment from a server that knows none: %v, %+v", n, a.Left)
	}
	if _, err := os.ReadFile(filepath.Join(h.runs.ArtifactDir(id), "short.txt")); err == nil {
		t.Error("a file that was cut on its way is kept")
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello") }))
	defer other.Close()
	if _, err := h.importer.Import(t.Context(), other.URL, mlflow.Options{}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("a server that is none: %v", err)
	}
}

// TestBadDatabases opens what is no database of MLflow's, or cannot be read now.
func TestBadDatabases(t *testing.T) {
	h, dir := open(t), t.TempDir()
	bring := func(name string) error {
		_, err := h.importer.Import(t.Context(), filepath.Join(dir, name), mlflow.Options{Temp: t.TempDir()}, nil)
		return err
	}
	write(t, dir, "text.db", "this is no database, but it is long enough to be one")
	write(t, dir, "empty.db", "")
	database(t, filepath.Join(dir, "other.db"), "CREATE TABLE songs (name TEXT)").Close()
	for name, kind := range map[string]errs.Kind{"text.db": errs.Invalid, "empty.db": errs.Invalid, "other.db": errs.Invalid, "nothing.db": errs.NotFound, ".": errs.Invalid} {
		if err := bring(name); !errs.Is(err, kind) || errs.HintOf(err) == "" && kind == errs.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	small := "CREATE TABLE experiments (experiment_id INTEGER, name TEXT, artifact_location TEXT, lifecycle_stage TEXT); CREATE TABLE runs (run_uuid TEXT, name TEXT, user_id TEXT, status TEXT, start_time, end_time, lifecycle_stage TEXT, artifact_uri TEXT, experiment_id INTEGER); CREATE TABLE metrics (key TEXT, value REAL, timestamp INTEGER, run_uuid TEXT); CREATE TABLE params (key, value, run_uuid); CREATE TABLE tags (key, value, run_uuid); INSERT INTO experiments VALUES (1, 'e', '', 'active'); INSERT INTO runs VALUES ('" + runID(0) + "', 'r', 'u', 'FINISHED', 1, 2, 'active', '', 1)"
	db := database(t, filepath.Join(dir, "locked.db"), small)
	_, err := db.Exec("BEGIN EXCLUSIVE")
	must(t, err)
	if err := bring("locked.db"); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "locked") {
		t.Errorf("a locked one: %v", err)
	}
	_, err = db.Exec("ROLLBACK")
	must(t, err)
	db.Close()
	must(t, bring("locked.db"))

	whole, err := os.ReadFile(filepath.Join(dir, "locked.db"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "cut.db"), whole[:len(whole)/3], 0o600))
	if err := bring("cut.db"); !errs.Is(err, errs.Corrupt) {
		t.Errorf("a cut one: %v", err)
	}
	h.aheadOfItself(t, dir, small)
}

// aheadOfItself imports a database whose newest rows are in its log alone, while it is open.
func (h *house) aheadOfItself(t *testing.T, dir, schema string) {
	at := filepath.Join(dir, "wal", "mlflow.db")
	must(t, os.MkdirAll(filepath.Dir(at), 0o755))
	db := database(t, at, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; "+strings.ReplaceAll(schema, runID(0), runID(1)))
	defer db.Close()
	before := hashes(t, filepath.Dir(at))
	a := h.bring(t, at)
	if n := counts(a, "run"); n[0] != 1 {
		t.Errorf("of the log came %+v", a)
	}
	if hashes(t, filepath.Dir(at)) != before {
		t.Error("the database or what lies beside it was changed")
	}
}

func database(t *testing.T, at, schema string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+at)
	must(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec(schema)
	must(t, err)
	return db
}
