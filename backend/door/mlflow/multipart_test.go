package mlflow_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const mpu = "/api/2.0/mlflow-artifacts/mpu/"

// begin begins an upload of big/file.bin below a run's artifacts and returns its id.
func (h *house) begin(t *testing.T, run string, parts int) string {
	t.Helper()
	req := newRequest("POST", mpu+"create/0/"+run+"/artifacts/big", fmt.Sprintf(`{"path":"/home/ann/file.bin","num_parts":%d}`, parts))
	req.Header.Set("Authorization", "Bearer key")
	a := h.send(t, req)
	want := fmt.Sprintf("http://127.0.0.1/api/2.0/mlflow-artifacts/mpu/part/%s/1/0/%s/artifacts/big/file.bin", a.at("upload_id"), run)
	if a.status != 200 || a.at("credentials.0.url") != want || a.at("credentials.0.part_number") != "1" || a.at("credentials.0.headers.Authorization") != "Bearer key" {
		t.Fatalf("begun: %d %s", a.status, a.text)
	}
	return a.at("upload_id")
}

// part sends a part and returns its tag.
func (h *house) part(t *testing.T, run, id string, number int, content string) string {
	t.Helper()
	a := h.ok(t, "PUT", fmt.Sprintf("%spart/%s/%d/0/%s/artifacts/big/file.bin", mpu, id, number, run), content)
	return strings.Trim(a.header.Get("ETag"), `"`)
}

func (h *house) complete(t *testing.T, run, id, parts string) answer {
	t.Helper()
	return h.do(t, "POST", mpu+"complete/0/"+run+"/artifacts/big", `{"path":"/home/ann/file.bin","upload_id":"`+id+`","parts":[`+parts+`]}`)
}

// left names what is on its way for a run.
func (h *house) left(run string) (names []string) {
	entries, _ := os.ReadDir(filepath.Join(filepath.Dir(h.runs.ArtifactDir(run)), ".incoming"))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestMultipartUpload(t *testing.T) {
	h := open(t)
	run := h.run(t)
	id := h.begin(t, run, 3)
	third := h.part(t, run, id, 3, "third")
	h.part(t, run, id, 1, "wrong")
	first := h.part(t, run, id, 1, "first, ") // sent again: what is named counts
	second := h.part(t, run, id, 2, "second, ")
	list := fmt.Sprintf(`{"part_number":1,"etag":"%s"},{"part_number":2,"etag":"\"%s\""},{"part_number":3,"etag":"%s"}`, first, second, third)
	if a := h.do(t, "GET", proxy+"/0/"+run+"/artifacts/big/file.bin", ""); a.status != 404 {
		t.Errorf("it shows before it is whole: %d", a.status)
	}
	if a := h.complete(t, run, id, list); a.status != 200 {
		t.Fatalf("completed: %d %s", a.status, a.text)
	}
	if a := h.ok(t, "GET", proxy+"/0/"+run+"/artifacts/big/file.bin", ""); a.text != "first, second, third" {
		t.Errorf("content %q", a.text)
	}
	for path, size := range map[string]string{"big/file.bin": "20", "big": "", "none": ""} {
		a := h.do(t, "GET", "/api/2.0/mlflow-artifacts/presigned/0/"+run+"/artifacts/"+path, "")
		if a.at("file_size") != size || size == "" && a.status != 404 || size != "" && a.at("url") != "http://127.0.0.1"+proxy+"/0/"+run+"/artifacts/"+path {
			t.Errorf("direct download of %s: %d %s", path, a.status, a.text)
		}
	}
	if names := h.left(run); len(names) > 0 {
		t.Errorf("%v is left", names)
	}
	if a := h.complete(t, run, id, list); a.status != 404 {
		t.Errorf("completed twice: %d %s", a.status, a.text)
	}
}

func TestMultipartMistakes(t *testing.T) {
	h := open(t)
	run, other := h.run(t), h.run(t)
	id := h.begin(t, run, 2)
	one, two := h.part(t, run, id, 1, "1"), h.part(t, run, id, 2, "2")
	part := func(n int, tag string) string { return fmt.Sprintf(`{"part_number":%d,"etag":"%s"}`, n, tag) }
	for name, parts := range map[string]string{
		"none": "", "order": part(2, two) + "," + part(1, one), "twice": part(1, one) + "," + part(1, one), "another's": part(1, two), "no tag": `{"part_number":1}`,
		"path": part(1, "../../../x"), "number": part(0, one), "not sent": part(3, one),
	} {
		if a := h.complete(t, run, id, parts); a.status != 400 {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	at := func(method, path, body string) int { return h.do(t, method, mpu+path, body).status }
	for name, got := range map[string]int{
		"another run's": at("POST", "complete/0/"+other+"/artifacts/big", `{"path":"file.bin","upload_id":"`+id+`","parts":[`+part(1, one)+`]}`),
		"another file":  at("PUT", "part/"+id+"/1/0/"+run+"/artifacts/big/other.bin", "x"),
		"unknown":       at("POST", "abort/0/"+run+"/artifacts", `{"path":"x","upload_id":"00"}`),
		"no run":        at("POST", "create/0/"+strings.Repeat("0", 32)+"/artifacts", `{"path":"x","num_parts":1}`),
	} {
		if got != 404 {
			t.Errorf("%s: %d", name, got)
		}
	}
	for name, got := range map[string]int{
		"number":    at("PUT", "part/"+id+"/10001/0/"+run+"/artifacts/big/file.bin", "x"),
		"word":      at("PUT", "part/"+id+"/x/0/"+run+"/artifacts/big/file.bin", "x"),
		"id":        at("PUT", "part/..%2f..%2fartifacts/1/0/"+run+"/artifacts/big/file.bin", "x"),
		"outside":   at("POST", "create/0/"+run+"/artifacts/..%2f..%2f", `{"path":"x","num_parts":1}`),
		"name":      at("POST", "create/0/"+run+"/artifacts", `{"path":"/tmp/..","num_parts":1}`),
		"no name":   at("POST", "create/0/"+run+"/artifacts", `{"path":"/tmp/","num_parts":1}`),
		"no parts":  at("POST", "create/0/"+run+"/artifacts", `{"path":"x"}`),
		"too many":  at("POST", "create/0/"+run+"/artifacts", `{"path":"x","num_parts":10001}`),
		"of traces": at("POST", "create/0/traces/tr-1/artifacts", `{"path":"x","num_parts":1}`),
	} {
		if got != 400 {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := at("POST", "create/registry/m/1", `{"path":"x","num_parts":1}`); got != 403 {
		t.Errorf("a version: %d", got)
	}
	big := httptest.NewRequest("PUT", "http://127.0.0.1"+mpu+"part/"+id+"/1/0/"+run+"/artifacts/big/file.bin", strings.NewReader(strings.Repeat("x", 1<<20+1)))
	if a := h.send(t, big); a.status != 413 {
		t.Errorf("a part over the limit: %d", a.status)
	}
	h.ok(t, "POST", mpu+"abort/0/"+run+"/artifacts/big", `{"path":"file.bin","upload_id":"`+id+`"}`)
	if names := h.left(run); len(names) > 0 {
		t.Errorf("after the abort %v is left", names)
	}
}

// What is cut in the middle of a part leaves the parts before, and what nobody goes on
// with is gone after a day.
func TestMultipartCut(t *testing.T) {
	h := open(t)
	run := h.run(t)
	id := h.begin(t, run, 2)
	h.part(t, run, id, 1, "1")
	req := httptest.NewRequest("PUT", "http://127.0.0.1"+mpu+"part/"+id+"/2/0/"+run+"/artifacts/big/file.bin", &cutBody{"half of it"})
	if a := h.send(t, req); a.status != 400 {
		t.Errorf("cut: %d %s", a.status, a.text)
	}
	dir := filepath.Join(filepath.Dir(h.runs.ArtifactDir(run)), ".incoming", id)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 { // the name and part 1
		t.Errorf("%v %v", entries, err)
	}
	old := time.Now().Add(-25 * time.Hour)
	must(t, os.Chtimes(dir, old, old))
	second := h.begin(t, run, 1)
	if names := h.left(run); len(names) != 1 || names[0] != second {
		t.Errorf("%v is left", names)
	}
}

// cutBody ends with an error, as a connection that breaks does.
type cutBody struct{ text string }

func (c *cutBody) Read(b []byte) (int, error) {
	if c.text == "" {
		return 0, fmt.Errorf("connection reset")
	}
	n := copy(b, c.text)
	c.text = c.text[n:]
	return n, nil
}
