package mlflow_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/fsck"
	"rondo/backend/project"
	"rondo/backend/seals"
)

// flip changes one byte of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	must(t, err)
	b[0] ^= 8
	_, err = f.WriteAt(b[:], at)
	must(t, err)
}

// TestNoDamagedFileIsServed: of runs, logged models and traces, that came whole, in parts or long ago,
// by every address, whole and in ranges; none becomes a version, and fsck names each.
func TestNoDamagedFileIsServed(t *testing.T) {
	h := open(t)
	p, err := project.Settle(h.dir)
	must(t, err)
	run := h.run(t)
	h.sendSpans(t, otlpTrace)
	h.ok(t, "PUT", proxy+"/0/"+run+"/artifacts/m/small.bin", "small")
	h.ok(t, "PUT", proxy+"/0/"+run+"/artifacts/m/well.bin", "well")
	h.ok(t, "PUT", proxy+"/0/traces/"+traceID+"/artifacts/attachments/"+anAttachment, "a picture")
	id := h.begin(t, run, 2)
	list := fmt.Sprintf(`{"part_number":1,"etag":"%s"},{"part_number":2,"etag":"%s"}`, h.part(t, run, id, 1, "first, "), h.part(t, run, id, 2, "second"))
	if a := h.complete(t, run, id, list); a.status != 200 {
		t.Fatal(a.text)
	}
	model := h.ok(t, "POST", "mlflow/logged-models", `{"experiment_id":"0","name":"net","source_run_id":"`+run+`"}`).at("model.info.model_id")
	h.ok(t, "PUT", proxy+"/0/models/"+model+"/artifacts/MLmodel", "flavors: {}")
	large := bytes.Repeat([]byte("0123456789abcdef"), seals.Block/16*2+1)
	_, err = h.runs.PutArtifact(t.Context(), run, "large.bin", bytes.NewReader(large)) // more than the door of this test takes
	must(t, err)
	report, err := fsck.Check(t.Context(), p.Dir, fsck.Options{})
	must(t, err)
	if !report.OK || report.Unsealed != 0 || report.Files < 6 {
		t.Fatalf("%+v", report)
	}
	named := h.flipAll(t, run, model)
	if report, err = fsck.Check(t.Context(), p.Dir, fsck.Options{}); err != nil || report.Count != len(named) {
		t.Errorf("%v %+v", err, report.Problems)
	}
	for _, problem := range report.Problems {
		if !named[problem.File] || problem.Hint == "" {
			t.Errorf("%+v", problem)
		}
	}
	for _, path := range []string{
		proxy + "/0/" + run + "/artifacts/m/small.bin", "/get-artifact?run_id=" + run + "&path=m/small.bin", proxy + "/0/" + run + "/artifacts/big/file.bin",
		proxy + "/0/models/" + model + "/artifacts/MLmodel", proxy + "/0/traces/" + traceID + "/artifacts/attachments/" + anAttachment,
	} {
		if a := h.do(t, "GET", path, ""); a.status < 400 || !strings.Contains(a.text, "is damaged") || !strings.Contains(a.text, "DATA_LOSS") {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
	h.ok(t, "GET", proxy+"/0/"+run+"/artifacts/m/well.bin", "")
	h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"net"}`)
	for _, source := range []string{"runs:/" + run + "/m", "models:/" + model} {
		if a := h.do(t, "POST", "mlflow/model-versions/create", `{"name":"net","source":"`+source+`"}`); a.status < 400 || !strings.Contains(a.text, "is damaged") {
			t.Errorf("%s became a version: %d %s", source, a.status, a.text)
		}
	}
	h.cutOnTheWay(t, "/"+proxy[1:]+"/0/"+run+"/artifacts/large.bin", large)
}

func (h *house) flipAll(t *testing.T, run, model string) map[string]bool {
	t.Helper()
	named := map[string]bool{}
	for path, at := range map[string]int64{
		"runs/" + run + "/artifacts/m/small.bin": 2, "runs/" + run + "/artifacts/big/file.bin": 0, "runs/" + run + "/artifacts/large.bin": seals.Block + 5,
		"runs/" + model + "/artifacts/MLmodel": 3, "traces/" + traceID + "/attachments/" + anAttachment: 8,
	} {
		flip(t, filepath.Join(h.dir, ".rondo", filepath.FromSlash(path)), at)
		named[".rondo/"+path] = true
	}
	return named
}

// cutOnTheWay asks over a real connection for a file whose second block is damaged.
func (h *house) cutOnTheWay(t *testing.T, path string, whole []byte) {
	t.Helper()
	server := httptest.NewServer(h.door)
	defer server.Close()
	get := func(ranges string) (int, []byte, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		must(t, err)
		if ranges != "" {
			req.Header.Set("Range", ranges)
		}
		res, err := server.Client().Do(req)
		must(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return res.StatusCode, b, err
	}
	if status, b, err := get("bytes=10-99"); err != nil || status != 206 || !bytes.Equal(b, whole[10:100]) {
		t.Errorf("what is well of it: %d %v", status, err)
	}
	if status, b, err := get(""); err == nil || status != 200 || len(b) > seals.Block || !bytes.Equal(b, whole[:len(b)]) {
		t.Errorf("it looks whole: %d, %d bytes, %v", status, len(b), err)
	}
	if status, b, err := get(fmt.Sprintf("bytes=%d-%d", seals.Block+1000, seals.Block+2000)); err != nil || status != 410 || !strings.Contains(string(b), "is damaged") {
		t.Errorf("who asks next: %d %.200s %v", status, b, err)
	}
}
