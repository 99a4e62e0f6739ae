package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/api"
)

// trained is a world whose pipeline ran once, so that a model is live.
func trained(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.ok("trust", "--yes")
	w.ok("data", "snapshot", "weather")
	w.ok("repro")
	w.eventually("weather@champion→1", "endpoint", "list")
	return w
}

// eventually asks until the answer holds what the server comes to by itself.
func (w *world) eventually(want string, args ...string) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		out := w.ok(args...)
		if strings.Contains(out, want) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("rondo %s never says %q:\n%s", strings.Join(args, " "), want, out)
		}
	}
}

// answer is what the API said.
type answer struct {
	status int
	body   string
	api.Failure
}

// ask sends a request to the native API, and reads a failure as one.
func (w *world) ask(method, path, body string) answer {
	w.t.Helper()
	return w.request(method, w.info().URL+"/api/v1"+path, strings.NewReader(body))
}

func (w *world) request(method, url string, body io.Reader) answer {
	w.t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.info().Token)
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	var f struct{ Error api.Failure }
	_ = json.Unmarshal(b, &f) // an answer that is no failure has none
	a := answer{res.StatusCode, string(b), f.Error}
	if err != nil {
		a.body += " (cut off: " + err.Error() + ")"
	}
	return a
}

// mistake is one wrong thing, as a verb and as a request say it.
type mistake struct {
	args   []string
	code   int
	method string
	path   string
	body   string
	status int
	wants  []string // in both answers
}

func (w *world) refuses(m mistake) {
	w.t.Helper()
	if m.args != nil {
		r := w.run(m.args...)
		if r.code != m.code {
			w.t.Errorf("rondo %s: code %d, want %d\n%s%s", strings.Join(m.args, " "), r.code, m.code, r.out, r.err)
		}
		w.tells("rondo "+strings.Join(m.args, " "), r.err, m.wants)
		if strings.Count(strings.TrimSpace(r.err), "\n") == 0 {
			w.t.Errorf("rondo %s names no way out: %s", strings.Join(m.args, " "), r.err)
		}
	}
	if m.path == "" {
		return
	}
	a := w.ask(m.method, m.path, m.body)
	if a.status != m.status || a.Hint == "" {
		w.t.Errorf("%s %s: status %d, want %d, and a hint: %.600s", m.method, m.path, a.status, m.status, a.body)
	}
	w.tells(m.method+" "+m.path, a.Message+" "+a.Hint, m.wants)
}

func (w *world) tells(who, said string, wants []string) {
	w.t.Helper()
	for _, want := range wants {
		if !strings.Contains(said, want) {
			w.t.Errorf("%s says %.600s\nwithout %q", who, said, want)
		}
	}
}

func TestWrongTypesAndMissingColumnsAreNamed(t *testing.T) {
	w := trained(t)
	predict := func(row string) mistake {
		return mistake{
			args: []string{"endpoint", "predict", "weather", row}, code: 2,
			method: "POST", path: "/endpoints/weather/predict", body: `{"rows":[` + row + `]}`, status: 400,
		}
	}
	for row, wants := range map[string][]string{
		`{"temp_max":"hot","temp_min":1,"wind":1,"day":3}`:      {`column "temp_max"`, "row 0", "takes double, not text"},
		`{"temp_max":2,"temp_min":1,"wind":1}`:                  {`column "day" is missing`, "temp_min (double)"},
		`{"temp_max":2,"temp_min":1,"wind":1,"day":3,"rain":1}`: {`"rain"`, "temp_min (double)"},
	} {
		m := predict(row)
		m.wants = wants
		w.refuses(m)
	}
	edit(t, filepath.Join(w.dir, "params.yaml"), "l2: 1.0", "l2: much")
	if r := w.run("repro"); r.code != 4 || !strings.Contains(r.out, `params.yaml:6:7: "much" stands where a number is wanted`) || !strings.Contains(r.out, "docs/steps.md") {
		t.Errorf("a param of the wrong type: %+v", r)
	}
	edit(t, filepath.Join(w.dir, "params.yaml"), "l2: much", "l2: 1.0")
	edit(t, filepath.Join(w.dir, "data", "weather.csv"), "temp_min", "temp_low")
	if r := w.run("repro"); r.code != 4 || !strings.Contains(r.out, `has no column "temp_min"; it has location, date`) {
		t.Errorf("a missing column: %+v", r)
	}
	if out := w.ok("endpoint", "predict", "weather"); !strings.Contains(out, "version 1") {
		t.Errorf("what went wrong has harmed what was right: %s", out)
	}
}

func TestBrokenYAMLStopsWhatItDeclares(t *testing.T) {
	w := newWorld(t)
	w.ok("trust", "--yes")
	for _, c := range []struct{ file, old, new, place string }{
		{"params.yaml", "train:", "train: [", "params.yaml:"},
		{"rondo.yaml", "stages:", "stages: [", "rondo.yaml:"},
		{"rondo.yaml", "cmd: rondo step train", "cmmd: rondo step train", "rondo.yaml:"},
		{"rondo.yaml", "parallel: 2", "parallel: many", "rondo.yaml:"},
	} {
		edit(t, filepath.Join(w.dir, c.file), c.old, c.new)
		w.refuses(mistake{args: []string{"repro"}, code: 2, method: "POST", path: "/executions", body: `{}`, status: 400, wants: []string{c.place}})
		if c.file == "rondo.yaml" {
			w.refuses(mistake{args: []string{"trigger", "fire", "drift"}, code: 2, method: "POST", path: "/triggers/drift/fire", body: `{}`, status: 400, wants: []string{c.place}})
			w.refuses(mistake{args: []string{"status"}, code: 2, method: "POST", path: "/pipeline/preview", body: `{}`, status: 400, wants: []string{c.place}})
		}
		edit(t, filepath.Join(w.dir, c.file), c.new, c.old)
	}
	if err := os.Rename(filepath.Join(w.dir, "rondo.yaml"), filepath.Join(w.dir, "away")); err != nil {
		t.Fatal(err)
	}
	w.refuses(mistake{args: []string{"repro"}, code: 3, method: "POST", path: "/executions", body: `{}`, status: 404, wants: []string{"has no rondo.yaml", "rondo init"}})
	if err := os.Rename(filepath.Join(w.dir, "away"), filepath.Join(w.dir, "rondo.yaml")); err != nil {
		t.Fatal(err)
	}
	w.ok("repro")
}

func TestRaggedRowsAreKeptAndNamed(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.dir, "data", "weather.csv")
	lines, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := bytes.SplitAfter(lines, []byte("\n"))
	rows[49] = append(rows[49][:bytes.LastIndexByte(rows[49], ',')], '\n')
	if err := os.WriteFile(path, bytes.Join(rows, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	w.ok("data", "snapshot", "weather")
	want := "line 50 is not a row of this table: it has 6 fields, and the header has 7"
	if out := w.ok("data", "profile", "weather"); !strings.Contains(out, want) {
		t.Errorf("rondo data profile says %s\nwithout %q", out, want)
	}
	if a := w.ask("GET", "/datasets/weather/snapshots/1/profile", ""); a.status != 200 || !strings.Contains(a.body, want) {
		t.Errorf("the profile: %d %.400s", a.status, a.body)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.ok("data", "checkout", "weather@1")
	if back, _ := os.ReadFile(path); !bytes.Equal(back, bytes.Join(rows, nil)) {
		t.Error("the file did not come back as it was")
	}
}
