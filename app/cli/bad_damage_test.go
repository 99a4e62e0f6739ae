package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDamagedObjectsAreNeverServed(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	original, err := os.ReadFile(filepath.Join(w.dir, "data", "weather.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w.ok("stop")
	packs, err := filepath.Glob(filepath.Join(w.dir, ".rondo", "objects", "packs", "*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("%v %v", packs, err)
	}
	for _, p := range packs {
		bend(t, p)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "data", "weather.csv"), []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.refuses(mistake{
		args: []string{"data", "checkout", "weather@1", "--force"}, code: 1,
		method: "POST", path: "/datasets/weather/checkout", body: `{"number":1,"force":true}`, status: 500, wants: []string{"damaged"},
	})
	if now, _ := os.ReadFile(filepath.Join(w.dir, "data", "weather.csv")); string(now) != "mine\n" {
		t.Errorf("damaged bytes took the place of what was there: %.60q", now)
	}
	if a := w.ask("GET", "/datasets/weather/snapshots/1/rows", ""); a.status == 200 || a.Kind != "corrupt" {
		t.Errorf("rows of a damaged object: %d %.300s", a.status, a.body)
	}
	r := w.run("fsck")
	if r.code != 1 || !strings.Contains(r.out+r.err, filepath.Base(packs[0])) {
		t.Errorf("fsck: %+v", r)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "data", "weather.csv"), original, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := w.run("data", "verify"); r.code != 1 || !strings.Contains(r.out, "is damaged") {
		t.Errorf("verify: %+v", r)
	}
	w.ok("data", "snapshot", "weather", "-m", "the way out: store it again")
	if err := os.Remove(filepath.Join(w.dir, "data", "weather.csv")); err != nil {
		t.Fatal(err)
	}
	w.ok("data", "checkout", "weather@1")
	if now, _ := os.ReadFile(filepath.Join(w.dir, "data", "weather.csv")); string(now) != string(original) {
		t.Errorf("what was stored again is %.60q", now)
	}
}

// bend changes one byte in the middle of a file.
func bend(t *testing.T, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 0x20
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A model that is cut short becomes a version, because what a stage wrote is on record
// as it is; but no alias moves to it and the endpoint goes on with the one before.
func TestAModelFileCutShortGoesNowhere(t *testing.T) {
	w := trained(t)
	rondoYAML := filepath.Join(w.dir, "rondo.yaml")
	edit(t, rondoYAML, "    outs: [model]\n", "    outs: [model]\n  cut:\n    cmd: [cp -r model cut, truncate -s 200 cut/model.onnx]\n    deps: [model]\n    outs: [cut]\n")
	edit(t, rondoYAML, "    path: model\n", "    path: cut\n")
	w.ok("trust", "--yes")
	w.ok("repro")
	w.eventually("cut short or damaged", "decisions")
	w.refuses(mistake{
		args: []string{"model", "alias", "weather", "champion", "2"}, code: 4,
		method: "PUT", path: "/models/weather/aliases/champion", body: `{"version":2}`, status: 412, wants: []string{"model file", "cut short"},
	})
	w.refuses(mistake{
		args: []string{"endpoint", "create", "trial", "weather", "--version", "2"}, code: 4,
		method: "POST", path: "/endpoints", body: `{"name":"other","model":"weather","version":2}`, status: 412, wants: []string{"cut short"},
	})
	if out := w.ok("endpoint", "predict", "weather"); !strings.Contains(out, "version 1") {
		t.Errorf("the endpoint moved: %s", out)
	}
	edit(t, rondoYAML, "deps: [model, work/holdout.csv]\n    params: [evaluate]", "deps: [cut, work/holdout.csv]\n    params: [evaluate]")
	edit(t, filepath.Join(w.dir, "params.yaml"), "evaluate:", "evaluate:\n  model: cut")
	w.ok("trust", "--yes")
	if r := w.run("repro"); r.code != 4 || !strings.Contains(r.out, "cut short") {
		t.Errorf("a stage that reads it: %+v", r)
	}
}

func TestAWrongTokenSaysHowToGetTheRightOne(t *testing.T) {
	w := newWorld(t)
	w.ok("token")
	known, err := filepath.Glob(filepath.Join(w.home, "*", "server.json"))
	if err != nil || len(known) != 1 {
		t.Fatal(known, err)
	}
	right, token := w.info(), w.info().Token
	edit(t, known[0], token, strings.Repeat("A", len(token)))
	w.refuses(mistake{args: []string{"runs"}, code: 6, method: "GET", path: "/runs", status: 401, wants: []string{"the token is wrong", "rondo token"}})
	edit(t, known[0], strings.Repeat("A", len(token)), token)
	if w.info() != right {
		t.Fatal("the token was not put back")
	}
	w.ok("runs")
}
