package mlflow_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const proxy = "/api/2.0/mlflow-artifacts/artifacts"

func TestArtifacts(t *testing.T) {
	h := open(t)
	id := h.run(t)
	base := proxy + "/0/" + id + "/artifacts/"
	h.ok(t, "PUT", base+"a/b%20c/d%25.txt", "hello")
	h.ok(t, "PUT", base+"page.html", "<script>alert(1)</script>")

	a := h.ok(t, "GET", base+"a/b%20c/d%25.txt", "")
	if a.text != "hello" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		t.Errorf("got %q as %s", a.text, a.header.Get("Content-Type"))
	}
	req := httptest.NewRequest("GET", base+"a/b%20c/d%25.txt", nil)
	req.Header.Set("Range", "bytes=1-3")
	if a := h.send(t, req); a.status != 206 || a.text != "ell" {
		t.Errorf("range: %d %q", a.status, a.text)
	}
	a = h.ok(t, "GET", base+"page.html", "")
	if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page may run: %v", a.header)
	}

	if a = h.ok(t, "GET", proxy+"?path=0/"+id+"/artifacts", ""); a.at("files.0.path") != "a" || a.at("files.0.is_dir") != "true" || a.at("files.1.file_size") != "25" {
		t.Errorf("list: %s", a.text)
	}
	if a = h.ok(t, "GET", proxy+"?path=0/"+id+"/artifacts/a/b%20c", ""); a.at("files.0.path") != "d%.txt" {
		t.Errorf("list of a folder: %s", a.text)
	}
	if a = h.ok(t, "GET", "mlflow/artifacts/list?run_id="+id+"&path=a/b%20c", ""); a.at("files.0.path") != "a/b c/d%.txt" || a.at("root_uri") != "mlflow-artifacts:/0/"+id+"/artifacts" {
		t.Errorf("list by run: %s", a.text)
	}
	if a = h.ok(t, "GET", "/get-artifact?run_id="+id+"&path=a/b%20c/d%25.txt", ""); a.text != "hello" {
		t.Errorf("by run: %s", a.text)
	}
	for _, path := range []string{proxy + "?path=0/" + id + "/artifacts/none", proxy + "?path=what", proxy} {
		if a = h.ok(t, "GET", path, ""); strings.TrimSpace(a.text) != "{}" {
			t.Errorf("%s lists %s", path, a.text)
		}
	}
	h.ok(t, "DELETE", base+"a/b%20c/d%25.txt", "")
	for _, path := range []string{base + "a/b%20c/d%25.txt", base + "none", base + "a", proxy + "/0/none/artifacts/x"} {
		if a = h.do(t, "GET", path, ""); a.status != 404 || a.at("error_code") != "RESOURCE_DOES_NOT_EXIST" {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
}

// MLflow's pages name the run as run_uuid, those of 3.18 as run_id.
func TestPagesUpload(t *testing.T) {
	h := open(t)
	id := h.run(t)
	for _, name := range []string{"run_uuid", "run_id"} {
		h.ok(t, "POST", "/ajax-api/2.0/mlflow/upload-artifact?"+name+"="+id+"&path="+name+".txt", "by "+name)
		if a := h.ok(t, "GET", "/get-artifact?"+name+"="+id+"&path="+name+".txt", ""); a.text != "by "+name {
			t.Errorf("%s: %q", name, a.text)
		}
	}
	for query, missing := range map[string]string{"path=x": "run_uuid", "run_id=" + id: "path", "run_id=" + id + "&path=x": "data"} {
		if a := h.do(t, "POST", "/ajax-api/2.0/mlflow/upload-artifact?"+query, ""); a.status != 400 || !strings.Contains(a.at("message"), "specify "+missing+".") {
			t.Errorf("%s: %d %s", query, a.status, a.text)
		}
	}
}

func TestUploadLimits(t *testing.T) {
	h := open(t)
	base := proxy + "/0/" + h.run(t) + "/artifacts/"
	big := strings.Repeat("x", 1<<20+1)
	if a := h.do(t, "PUT", base+"big", big); a.status != 413 || !strings.Contains(a.text, "1048576 bytes") {
		t.Errorf("told: %d %s", a.status, a.text)
	}
	req := httptest.NewRequest("PUT", base+"big", strings.NewReader(big))
	req.ContentLength = -1
	if a := h.send(t, req); a.status != 413 {
		t.Errorf("untold: %d %s", a.status, a.text)
	}
	if a := h.do(t, "GET", base+"big", ""); a.status != 404 {
		t.Errorf("a part of it stayed: %d", a.status)
	}
	if a := h.do(t, "PUT", proxy+"/0/"+strings.Repeat("0", 32)+"/artifacts/x", "x"); a.status != 404 {
		t.Errorf("a file of no run: %d %s", a.status, a.text)
	}
}

// attacks are ways to say ".." or "somewhere else".
var attacks = []string{
	"..%2f..%2fetc/passwd", "%2e%2e/%2e%2e/etc/passwd", "%252e%252e%252fetc%252fpasswd", "..%5c..%5cetc", "a%5cb", "%2fetc%2fpasswd",
	"x%00.txt", "a/%2e%2e/%2e%2e/%2e%2e/b", "%2525252e%2525252e/x", "file:%2f%2f%2fetc%2fpasswd", "a%0ab", "..", "%2e",
}

func TestPathAttacks(t *testing.T) {
	h := open(t)
	id := h.run(t)
	secret := filepath.Join(h.dir, "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o600))
	h.ok(t, "PUT", proxy+"/0/"+id+"/artifacts/real", "x")
	for _, a := range attacks {
		for _, c := range []struct{ method, path string }{
			{"GET", proxy + "/0/" + id + "/artifacts/" + a},
			{"PUT", proxy + "/0/" + id + "/artifacts/" + a},
			{"DELETE", proxy + "/0/" + id + "/artifacts/" + a},
			{"GET", proxy + "/" + a + "/" + id + "/artifacts/x"},
			{"GET", proxy + "?path=0/" + id + "/artifacts/" + a},
			{"GET", "/api/2.0/mlflow/artifacts/list?run_id=" + id + "&path=" + a},
			{"GET", "/get-artifact?run_id=" + id + "&path=" + a},
			{"GET", "/model-versions/get-artifact?name=m&version=1&path=" + a},
		} {
			got := h.do(t, c.method, c.path, "")
			if got.status != 400 && got.status != 404 || strings.Contains(got.text, "secret\n") || strings.Contains(got.text, "root:") {
				t.Errorf("%s %s: %d %.200s", c.method, c.path, got.status, got.text)
			}
		}
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("the file outside was touched: %q %v", b, err)
	}
}

// holds looks for a text in the files of a version.
func (h *house) holds(t *testing.T, a answer, text string) (found bool) {
	t.Helper()
	dir, err := h.registry.Materialise(t.Context(), a.at("model_version.name"), must1(strconv.Atoi(a.at("model_version.version"))))
	must(t, err)
	must(t, filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			b, _ := os.ReadFile(name)
			found = found || strings.Contains(string(b), text)
		}
		return err
	}))
	return found
}

// A link that leads outside of the artifacts is not followed.
func TestLinks(t *testing.T) {
	h := open(t)
	id := h.run(t)
	h.ok(t, "PUT", proxy+"/0/"+id+"/artifacts/real", "x")
	dir := h.runs.ArtifactDir(id)
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "f"), []byte("secret"), 0o600))
	must(t, os.Symlink(outside, filepath.Join(dir, "dir")))
	must(t, os.Symlink(filepath.Join(outside, "f"), filepath.Join(dir, "link")))
	for _, p := range []string{"link", "dir/f"} {
		if a := h.do(t, "GET", proxy+"/0/"+id+"/artifacts/"+p, ""); a.status == 200 || a.status >= 500 || strings.Contains(a.text, "secret") {
			t.Errorf("%s: %d %s", p, a.status, a.text)
		}
	}
	h.do(t, "PUT", proxy+"/0/"+id+"/artifacts/dir/new", "x")
	if _, err := os.Stat(filepath.Join(outside, "new")); err == nil {
		t.Error("a file was written through a link")
	}
	h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"m"}`)
	must(t, os.MkdirAll(filepath.Join(dir, "inner"), 0o755))
	must(t, os.Symlink(filepath.Join(outside, "f"), filepath.Join(dir, "inner", "f")))
	must(t, os.Symlink(filepath.Join(outside, "nothing"), filepath.Join(dir, "broken")))
	for _, source := range []string{"runs:/" + id + "/dir", "runs:/" + id + "/dir/sub", "runs:/" + id + "/inner", "runs:/" + id + "/broken", "mlflow-artifacts:/0/" + id + "/artifacts/dir"} {
		if a := h.do(t, "POST", "mlflow/model-versions/create", `{"name":"m","source":"`+source+`"}`); a.status >= 500 || a.status == 200 && h.holds(t, a, "secret") {
			t.Errorf("a version of what is outside, %s: %d %s", source, a.status, a.text)
		} else if a.status == 200 && !strings.HasSuffix(source, "inner") {
			t.Errorf("%s is registered: %s", source, a.text)
		}
	}
}
