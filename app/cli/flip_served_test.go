package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// question is a request whose answer holds what somebody stored.
type question struct{ method, path, body string }

func (q question) String() string { return q.method + " " + q.path }

var (
	runsListed   = regexp.MustCompile(`"id":\s*"([0-9a-f]{32})"`)
	timings      = regexp.MustCompile(`"ms":\s*[0-9.]+,?`)
	windowListed = regexp.MustCompile(`"id":\s*"([\w@:.-]+)"`)
)

// questions are all that are asked for the bytes of a project: files and tables of datasets, files,
// logs and points of runs, models, traces, captures, reports and plots.
func (w *world) questions() (all []question) {
	get := func(format string, args ...any) {
		all = append(all, question{"GET", "/api/v1" + fmt.Sprintf(format, args...), ""})
	}
	for _, one := range []string{"weather/snapshots/1", "many/snapshots/1", "linked/snapshots/1"} {
		get("/datasets/%s", one)
		get("/datasets/%s/files", one)
		get("/datasets/%s/profile", one)
		get("/datasets/%s/lineage", one)
	}
	get("/datasets/weather/snapshots/1/rows?limit=50")
	get("/datasets/weather/snapshots/1/rows?offset=700&limit=50")
	get("/datasets/linked/snapshots/1/rows?file=large.csv&limit=50")
	get("/datasets/linked/snapshots/1/rows?file=large.csv&offset=%d&limit=1000", manyRows/2)
	get("/datasets/many/diff?from=1&to=1")
	all = append(all, question{"POST", "/api/v1/datasets/weather/snapshots/1/sql", `{"query":"select location, count(*), avg(temp_max) from weather group by 1 order by 1"}`})
	for _, id := range w.idsIn("/runs?limit=100", runsListed) {
		get("/runs/%s", id)
		get("/runs/%s/artifacts", id)
		get("/runs/%s/code", id)
		get("/runs/%s/environment", id)
		get("/runs/%s/log?stream=stdout&limit=100000", id)
		get("/runs/%s/log?stream=stderr&limit=100000", id)
		get("/runs/%s/metrics", id)
		get("/runs/%s/system", id)
		for _, path := range w.artifacts(id, "") {
			get("/runs/%s/artifacts/file?path=%s", id, path)
			all = append(all, question{"GET", "/get-artifact?run_id=" + id + "&path=" + path, ""})
		}
	}
	for _, id := range w.idsIn("/executions", runsListed) {
		get("/executions/%s", id)
	}
	for _, id := range w.idsIn("/monitors/weather/windows", windowListed) {
		get("/monitors/weather/windows/%s", id)
		get("/monitors/weather/windows/%s/report", id)
		get("/monitors/weather/windows/%s/plot?column=temp_max", id)
		get("/monitors/weather/windows/%s/quality", id)
	}
	get("/models/weather/versions/1")
	get("/models/weather/versions/1/evidence")
	get("/endpoints/weather/captures?limit=50")
	get("/traces/%s", aTrace)
	all = append(all, question{"GET", "/api/2.0/" + attachments + aPicture, ""})
	all = append(all, question{"GET", "/api/2.0/mlflow-artifacts/artifacts/0/models/" + w.loggedModel() + "/artifacts/MLmodel", ""})
	return all
}

func (w *world) idsIn(path string, shape *regexp.Regexp) (ids []string) {
	for _, m := range shape.FindAllStringSubmatch(w.ask("GET", path, "").body, -1) {
		if !slices.Contains(ids, m[1]) {
			ids = append(ids, m[1])
		}
	}
	return ids
}

// loggedModel is the id of the model that was logged from outside.
func (w *world) loggedModel() string {
	found, err := filepath.Glob(filepath.Join(w.dir, ".rondo/runs/m-*"))
	if err != nil || len(found) != 1 {
		w.t.Fatal(found, err)
	}
	return filepath.Base(found[0])
}

// artifacts are the files of a run, below a folder of it.
func (w *world) artifacts(id, under string) (paths []string) {
	var list []struct {
		Path string
		Dir  bool
	}
	_ = json.Unmarshal([]byte(w.ask("GET", "/runs/"+id+"/artifacts?path="+under, "").body), &list)
	for _, f := range list {
		if f.Dir {
			paths = append(paths, w.artifacts(id, f.Path)...)
		} else {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// answers asks them all of a server that has just begun.
func (w *world) answers(all []question) []answer {
	w.ok("token")
	defer w.ok("stop")
	list := make([]answer, len(all))
	for i, q := range all {
		list[i] = w.request(q.method, w.info().URL+q.path, strings.NewReader(q.body))
		list[i].body = timings.ReplaceAllString(list[i].body, "")
	}
	return list
}

// TestNothingChangedIsServed flips bytes of one file of every kind, in the middle of what it says
// where that still can be read, and asks for everything: what is answered is what it was, less, or
// an error; never something else.
func TestNothingChangedIsServed(t *testing.T) {
	w := everything(t)
	w.ok("token")
	asked := w.questions()
	w.ok("stop")
	before, again := w.answers(asked), w.answers(asked)
	var all []question
	var whole []answer
	for i, q := range asked {
		if before[i].body == again[i].body && before[i].status == http.StatusOK {
			all, whole = append(all, q), append(whole, before[i])
		} else {
			t.Logf("passed over, since it says something else each time, or nothing: %s: %d", q, before[i].status)
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d questions have an answer that stays", len(all))
	}
	refused := map[string]int{}
	for kind, path := range kindsIn(t, w.dir, personal) {
		if _, ok := left[kind]; ok && kind != ".rondo/objects/condemned" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range legible(text) {
			bent := bytes.Clone(text)
			bent[i] ^= 1
			if err := os.WriteFile(path, bent, 0o644); err != nil {
				t.Fatal(err)
			}
			if r := w.run("token"); r.code != 0 { // nothing is opened then
				refused[kind] += len(all)
				if !strings.Contains(r.err, "damaged") && !strings.Contains(r.err, "does not fit") {
					t.Errorf("%s: %s", path, r.err)
				}
				continue
			}
			for n, now := range w.answers(all) {
				if now.status != http.StatusOK || strings.Contains(now.body, "(cut off: ") {
					refused[kind]++
				} else if said := other(whole[n].body, now.body); said != "" {
					t.Errorf("%s is damaged at %d of %d (%q), and %s says %.200s", kind, i, len(text), bent[max(0, i-10):min(len(bent), i+10)], all[n], said)
				}
			}
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{
		".rondo/objects/packs/*.pack", ".rondo/objects/*/*", ".rondo/runs/*/artifacts/notes/a.txt", ".rondo/runs/*/stdout.log",
		".rondo/runs/*/environment.json", ".rondo/traces/*/attachments/*", ".rondo/runs/m-*/artifacts/MLmodel",
	} {
		if refused[kind] == 0 {
			t.Errorf("nobody minds a damaged %s: is it asked for?", kind)
		}
	}
	t.Logf("%d questions; refused: %v", len(all), refused)
}

// legible are places in the text of a file, one near to its beginning: letters or digits, of which
// the lowest bit makes others.
func legible(text []byte) (places []int) {
	for _, from := range []int{min(200, len(text)/8), len(text) / 4, len(text) / 2, len(text) * 3 / 4} {
		for i := from; i < len(text); i++ {
			if c := text[i]; c >= '0' && c <= '9' || c >= 'a' && c < 'z' || c >= 'A' && c < 'Z' {
				places = append(places, i)
				break
			}
		}
	}
	return places
}

// other names a value that an answer has and the whole one has not; empty where there is none.
func other(whole, now string) string {
	if whole == now {
		return ""
	}
	var a, b any
	if json.Unmarshal([]byte(whole), &a) != nil || json.Unmarshal([]byte(now), &b) != nil {
		return now
	}
	known := map[string]bool{}
	values(a, "", func(v string) { known[v] = true })
	said := ""
	values(b, "", func(v string) {
		if !known[v] && !strings.HasSuffix(v, " = ") && !strings.HasSuffix(v, " = false") && !strings.Contains(v, "damaged") && !strings.Contains(v, "not what was written") {
			said = v
		}
	})
	return said
}

// values hands out all that JSON says, each value with its key.
func values(v any, key string, fn func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, one := range v {
			values(one, k, fn)
		}
	case []any:
		for _, one := range v {
			values(one, key, fn)
		}
	default:
		fn(fmt.Sprint(key, " = ", v))
	}
}
