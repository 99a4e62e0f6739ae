package dvc_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

// beside is a pair of projects, each with a folder of data beside it.
func beside(t *testing.T, d *driver, stages string, data map[string]string) *history {
	t.Helper()
	h := &history{t: t, d: d}
	for _, dir := range []*string{&h.main, &h.twin} {
		files := map[string]string{"p/.dvc/config": "[core]\n    no_scm = true\n"}
		for name, text := range data {
			files[name] = text
		}
		top := folder(t, files)
		*dir = filepath.Join(top, "p")
		text := strings.ReplaceAll(stages, "TOP", top)
		if err := os.WriteFile(filepath.Join(*dir, "dvc.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// alikeOutside wants the same lock, apart from where the projects lie, the same run cache, and the
// same status of Rondo's project by both programs.
func (h *history) alikeOutside() {
	h.t.Helper()
	here, there := ownFiles(h.t, h.main), ownFiles(h.t, h.twin)
	for _, files := range []map[string]string{here, there} {
		for name, text := range files {
			files[name] = strings.ReplaceAll(strings.ReplaceAll(text, filepath.Dir(h.main), "TOP"), filepath.Dir(h.twin), "TOP")
		}
	}
	h.equal(here, there)
	p := open(h.t, h.main)
	defer p.Close()
	g, err := pipeline.Build(p.Stages())
	if err != nil {
		h.t.Fatal(err)
	}
	p.Allow(outside(g)...)
	list, err := p.Status(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	said, _ := h.d.said(h.main)
	if want, _ := json.Marshal(said); statusJSON(list) != string(want) {
		h.t.Errorf("status\nrondo %s\ndvc   %s", statusJSON(list), want)
	}
}

const stagesOutside = `stages:
  rel:
    cmd: cat ../data/x.csv > rel.txt
    deps: [../data/x.csv, ../data//dir, ../data/link]
    outs: [rel.txt]
  abs:
    cmd: cat TOP/data/x.csv > abs.txt
    deps: [TOP/data/x.csv]
    outs: [abs.txt]
  own:
    cmd: cat rel.txt > own.txt
    deps: [TOP/p/rel.txt]
    outs: [TOP/p/own.txt]
  last:
    cmd: cat ../data/made.txt > last.txt
    deps: [../data/made.txt]
    outs: [last.txt]
  make:
    cmd: cat rel.txt > ../data/made.txt && mkdir -p ../data/many && echo 1 > ../data/many/one
    deps: [rel.txt]
    outs:
    - ../data/made.txt: {cache: false}
    - TOP/data/many: {cache: false}
  more:
    cmd: echo more >> ../data/more.txt
    deps: [rel.txt]
    outs:
    - ../data/more.txt: {cache: false, persist: true}
  params:
    cmd: echo 1 > params.txt
    params:
    - ../data/p.yaml: [p]
    outs: [params.txt]
  sub:
    cmd: cat ../../data/x.csv > y
    wdir: sub
    deps: [../../data/x.csv]
    outs: [y]
  far:
    cmd: echo 1 > far.txt
    deps:
    - remote://loc/x.csv
    outs: [far.txt]
`

// TestWhatLiesOutsideIsWatchedAsDVCDoes runs stages that read and write beside the project,
// and wants dvc's lock, run cache and status, before and after changes.
func TestWhatLiesOutsideIsWatchedAsDVCDoes(t *testing.T) {
	h := beside(t, newDriver(t, realDVC(t)), stagesOutside, map[string]string{
		"data/x.csv": "1\r\n", "data/dir/a": "a", "data/dir/sub/b": "b", "data/dir/.git/x": "g", "data/p.yaml": "p: 1\nq: 2\n", "p/sub/.keep": "",
	})
	for _, dir := range []string{h.main, h.twin} {
		top := filepath.Dir(dir)
		if err := os.Symlink("x.csv", filepath.Join(top, "data/link")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, ".dvc/config"), []byte("[core]\n    no_scm = true\n['remote \"loc\"']\n    url = "+top+"/data\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h.alikeOutside()
	h.reproduce(true)
	h.alikeOutside()
	h.both("../data/x.csv", "2\n")
	h.both("../data/dir/sub/c", "new")
	h.both("../data/p.yaml", "p: 2\n")
	h.alikeOutside()
	h.reproduce(true)
	h.alikeOutside()
	h.gone("../data/made.txt")
	h.gone("../data/dir")
	h.alikeOutside()
	h.reproduce(false)
	h.alikeOutside()
}

// TestOutsideIsReadOnlyWhereItIsTrusted: without trust nothing outside is looked at, and the
// stage does not run; with it, what the cache would have to keep there is refused first.
func TestOutsideIsReadOnlyWhereItIsTrusted(t *testing.T) {
	h := beside(t, nil, "stages:\n  s:\n    cmd: echo 1 > o\n    deps: [../data/x]\n    outs: [o]\n", map[string]string{"data/x": "1", "p/o": "mine\n"})
	books, err := dvc.OpenBooks(h.main, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer books.Close()
	reasons, err := books.Reasons(context.Background(), "s")
	if err != nil || len(reasons) == 0 {
		t.Errorf("%v %v", reasons, err)
	}
	_, err = books.Update(context.Background(), "s", pipeline.Work{
		Say: t.Logf, Run: func([]string, []string) error { t.Error("it was run"); return nil }, Aside: func(string) error { t.Error("it was moved"); return nil },
	})
	if b, _ := os.ReadFile(filepath.Join(h.main, "o")); !errs.Is(err, errs.Denied) || !strings.Contains(errs.HintOf(err), "rondo trust") || string(b) != "mine\n" {
		t.Errorf("%v, %s, and the out is %q", err, errs.HintOf(err), b)
	}
	h = beside(t, nil, "stages:\n  s:\n    cmd: echo 1 > ../data/o\n    outs: [../data/o]\n", map[string]string{"data/x": "1"})
	with, err := dvc.OpenBooks(h.main, []string{filepath.Join(filepath.Dir(h.main), "data/o")})
	if err != nil {
		t.Fatal(err)
	}
	defer with.Close()
	_, err = with.Update(context.Background(), "s", pipeline.Work{Say: t.Logf, Run: runIn(h.main)})
	if _, gone := os.Stat(filepath.Join(h.main, "../data/o")); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "cache") || gone == nil {
		t.Errorf("an out that the cache would have to keep: %v, made %v", err, gone == nil)
	}
}

// TestNothingOutsideIsRemoved: dvc removes such outs before a run, and Rondo leaves that to
// the command; one that it has not written is not taken for its own.
func TestNothingOutsideIsRemoved(t *testing.T) {
	h := beside(t, newDriver(t, realDVC(t)), "stages:\n  s:\n    cmd: test -e done || cat in > ../data/o\n    deps: [in]\n    outs:\n    - ../data/o: {cache: false}\n", map[string]string{"data/o": "a person's\n", "p/in": "1\n", "p/done": ""})
	run := func() error {
		p := open(t, h.main)
		defer p.Close()
		return h.reproAll()(p)
	}
	err := run()
	b, _ := os.ReadFile(filepath.Join(h.main, "../data/o"))
	_, recorded := os.Stat(filepath.Join(h.main, "dvc.lock"))
	if !errs.Is(err, errs.Precondition) || string(b) != "a person's\n" || recorded == nil {
		t.Errorf("%v; the file is %q, recorded: %v", err, b, recorded == nil)
	}
	h.gone("done")
	if err := run(); err != nil {
		t.Fatal(err)
	}
	h.gone("../data/o")
	h.d.must(h.twin, "repro")
	h.alike("dvc.lock")
}

// TestCommitOfAStageByItsNames records stages whose outs all lie outside, or that have none,
// by each of the names that dvc takes for them.
func TestCommitOfAStageByItsNames(t *testing.T) {
	d := newDriver(t, realDVC(t))
	stages := "stages:\n  out:\n    cmd: cat in > ../data/made\n    deps: [in]\n    outs:\n    - ../data/made: {cache: false}\n  none:\n    cmd: cat in\n    deps: [in]\n  each:\n    foreach: [a, b]\n    do:\n      cmd: cat in > ${item}\n      deps: [in]\n      outs: [\"${item}\"]\n"
	for _, names := range [][]string{{"out"}, {"none"}, {"each"}, {"dvc.yaml:each"}, {"each@b"}, {"dvc.yaml:out", "none"}, {"dvc.yaml"}, {"b"}, {"sub/dvc.yaml:none"}, {"sub/dvc.yaml"}} {
		h := beside(t, d, stages, map[string]string{"p/in": "1\n", "data/made": "1\n", "p/a": "1\n", "p/b": "1\n", "p/sub/in": "1\n", "p/sub/dvc.yaml": "stages:\n  none:\n    cmd: cat in\n    deps: [in]\n"})
		d.must(h.twin, append([]string{"commit", "-q", "-f"}, names...)...)
		p := open(t, h.main)
		p.Allow(filepath.ToSlash(filepath.Join(filepath.Dir(h.main), "data")))
		if err := p.CommitAll(t.Context(), names...); err != nil {
			t.Errorf("%v: %v", names, err)
		}
		p.Close()
		h.equal(ownFiles(t, h.main), ownFiles(t, h.twin))
	}
	if err := open(t, beside(t, d, stages, nil).main).CommitAll(t.Context(), "nope"); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a name of nothing: %v", err)
	}
}

// TestSchemesThatNobodyTakesHereAreNamed: dvc takes file:// for the name of a folder, and other
// clouds are left to it; both are refused with the way out, in stages, imports and remotes.
func TestSchemesThatNobodyTakesHereAreNamed(t *testing.T) {
	for at, want := range map[string]string{"file:///data/x.csv": "write the path alone: /data/x.csv", "gs://bucket/x.csv": "dvc", "azure://bucket/x.csv": "dvc"} {
		dir := folder(t, map[string]string{
			".dvc/config": "[core]\n    no_scm = true\n    remote = far\n['remote \"far\"']\n    url = " + at + "\n", "dvc.yaml": "stages:\n  s:\n    cmd: echo 1 > o\n    deps: ['" + at + "']\n    outs: [o]\n",
			"i.csv.dvc": "frozen: true\ndeps:\n- path: " + at + "\nouts:\n- path: i.csv\n",
		})
		p := open(t, dir)
		_, renew := p.Renew(t.Context(), dvc.Renew{})
		_, push := p.Push(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"o"}}})
		books, err := dvc.OpenBooks(dir, p.Outside())
		if err != nil {
			t.Fatal(err)
		}
		_, repro := books.Update(t.Context(), "s", pipeline.Work{Say: t.Logf, Run: runIn(dir)})
		for what, err := range map[string]error{"update": renew, "repro": repro} {
			if errs.KindOf(err) != errs.Precondition || !strings.Contains(err.Error(), at) || !strings.Contains(errs.HintOf(err), want) {
				t.Errorf("%s of %s: %v, %s", what, at, err, errs.HintOf(err))
			}
		}
		if push != nil && !strings.Contains(push.Error(), "far") {
			t.Errorf("push: %v", push)
		}
		books.Close()
		p.Close()
	}
}
