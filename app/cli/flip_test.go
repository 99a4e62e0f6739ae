package cli_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rondo/backend/fsck"
)

// everything is a project with all kinds of files that there are, and no server.
func everything(t *testing.T) *world {
	t.Helper()
	w := trained(t)
	w.days(0)
	run := w.mlflow("POST", "mlflow/runs/create", `{"experiment_id":"0","run_name":"logged"}`)
	id := regexp.MustCompile(`"run_id":\s*"(\w+)"`).FindStringSubmatch(run.body)[1]
	for path, body := range map[string]string{
		"mlflow/runs/log-batch": batch(id, 40), "mlflow/runs/log-metric": `{"run_id":"` + id + `","key":"k","value":1,"timestamp":1}`,
	} {
		if a := w.mlflow("POST", path, body); a.status != http.StatusOK {
			t.Fatal(a)
		}
	}
	if a := w.mlflow("PUT", "mlflow-artifacts/artifacts/0/"+id+"/artifacts/notes/a.txt", "logged from outside"); a.status != http.StatusOK {
		t.Fatal(a)
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "many"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := os.WriteFile(filepath.Join(w.dir, "many", string(rune('a'+i))), bytes.Repeat([]byte{byte(i), 7}, 200), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.ok("data", "add", "many", "--name", "many")
	w.ok("data", "snapshot", "many")
	w.ok("data", "tag", "many@1", "first")
	w.ok("run", "--name", "quick", "--", "true")
	w.eventually("quick     finished", "runs")
	w.ok("stop")
	return w
}

// kindOf is what a file of the private folder is, whatever its ids are.
func kindOf(path string) string {
	path = regexp.MustCompile(`[0-9a-f]{16,}|m-[0-9a-f]+|\b\d{6}\b`).ReplaceAllString(path, "*")
	if strings.Contains(path, "/stages/") {
		return filepath.Dir(path)
	}
	return path
}

// TestAFlippedByteInAnyFileIsNamed flips bytes of one file of every kind that a project has, its
// last ones among them, and asks fsck.
func TestAFlippedByteInAnyFileIsNamed(t *testing.T) {
	w := everything(t)
	check := func() fsck.Report {
		r, err := fsck.Check(t.Context(), w.dir, fsck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(); !r.OK || r.Unsealed > 0 {
		t.Fatalf("%+v", r)
	}
	kinds := map[string]string{}
	err := filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(w.dir, path)
		info, _ := e.Info()
		if err != nil || !e.Type().IsRegular() || !strings.HasPrefix(rel, ".rondo"+string(filepath.Separator)) && filepath.Ext(rel) != ".snap" || info.Size() == 0 {
			return err
		}
		if err := os.Chmod(path, 0o644); err != nil { // objects may not be written to
			return err
		}
		if was, ok := kinds[kindOf(rel)]; !ok || strings.Contains(rel, "logged") && !strings.Contains(was, "logged") {
			kinds[kindOf(rel)] = path
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) < 19 {
		t.Errorf("only %d kinds of files: %v", len(kinds), kinds)
	}
	for kind, path := range kinds {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range places(kind, whole) {
			bent := bytes.Clone(whole)
			bent[i] ^= 1
			if err := os.WriteFile(path, bent, 0o644); err != nil {
				t.Fatal(err)
			}
			if r := check(); !slices.ContainsFunc(r.Problems, func(p fsck.Problem) bool { return strings.HasSuffix(filepath.ToSlash(path), p.File) }) {
				t.Errorf("%s is damaged at %d of %d and not named", kind, i, len(whole))
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := check(); !r.OK {
		t.Errorf("%+v", r.Problems)
	}
}

// places are some bytes of a file, the first and the last among them. A pointer's number and path may be
// other ones than its record's.
func places(kind string, whole []byte) (list []int) {
	for i := range 8 {
		list = append(list, i*len(whole)/8)
	}
	for i := range min(4, len(whole)) {
		list = append(list, len(whole)-1-i)
	}
	if filepath.Ext(kind) != ".snap" {
		return list
	}
	return slices.DeleteFunc(list, func(at int) bool {
		line := whole[bytes.LastIndexByte(whole[:at], '\n')+1:]
		return bytes.HasPrefix(line, []byte("number")) || bytes.HasPrefix(line, []byte("path"))
	})
}
