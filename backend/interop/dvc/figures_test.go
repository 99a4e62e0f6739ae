package dvc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/figures"
)

// randomFigures is a document of metrics or params.
func randomFigures(r *rand.Rand, depth int) map[string]any {
	out := map[string]any{}
	for range 1 + r.Intn(4) {
		key := string(rune('a' + r.Intn(5)))
		switch n := r.Intn(9); {
		case n == 0 && depth < 2:
			out[key] = randomFigures(r, depth+1)
		case n == 1:
			out[key] = []any{1, 0.5, "x", "it's", nil, true, map[string]any{"k": []any{}}}[r.Intn(7):]
		default:
			out[key] = []any{0, 1, 7, -3, 0.25, 1e-7, 2.5e10, "text", "", true, false, nil, 1.0}[r.Intn(13)]
		}
	}
	return out
}

func (h *history) figures(r *rand.Rand) {
	names := map[string]string{"p/sub/m.json": "", "p/top.json": "", "p/many/one.json": "", "p/many/two.json": "", "p/dvclive/metrics.json": "", "p/params.yaml": "", "p/other.json": "", "p/whole.json": ""}
	for name := range names {
		if r.Intn(6) == 0 && !strings.Contains(name, "other") {
			_ = os.Remove(filepath.Join(h.main, strings.TrimPrefix(name, "p/")))
			continue
		}
		b, _ := json.Marshal(randomFigures(r, 0))
		if strings.HasSuffix(name, "one.json") && r.Intn(3) == 0 {
			b = []byte([]string{"0.5", "3", "0", "\"x\""}[r.Intn(4)])
		}
		at := filepath.Join(h.main, strings.TrimPrefix(name, "p/"))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			h.t.Fatal(err)
		}
		if err := os.WriteFile(at, b, 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
}

// TestFiguresDifferAsDVCSays compares revisions of random metrics and params, some only in
// the cache, by both programs.
func TestFiguresDifferAsDVCSays(t *testing.T) {
	d := newDriver(t, realDVC(t))
	h := &history{t: t, d: d, main: folder(t, map[string]string{
		"dvc.yaml":         "params: [whole.json]\nmetrics: [top.json, many]\nstages:\n  s:\n    cmd: cp in.json out.json\n    deps: [in.json]\n    metrics:\n    - sub/m.json: {cache: false}\n    - out.json\n  t:\n    cmd: echo\n    params:\n    - a\n    - other.json: [a, b.c, c, d]\n",
		"dvclive/dvc.yaml": "metrics: [metrics.json]\n", "in.json": "{\"v\": 1}", ".gitignore": "/out.json\n",
	})}
	h.git(h.main, "init", "-b", "main", h.main)
	d.must(h.main, "init")
	r := rand.New(rand.NewSource(int64(setting("DVC_SEED", 5))))
	h.figures(r)
	for i, v := range []string{"1", "2.5", "7"} { // out.json is in the cache only
		h.write("in.json", "{\"v\": "+v+"}")
		h.write("out.json", "{\"v\": "+v+"}")
		h.figures(r)
		h.write("sub/m.json", "{\"x\": "+v+"}")
		p := open(t, h.main)
		if err := p.Commit(context.Background(), p.Pipelines[0], p.Pipelines[0].Stages[0]); err != nil {
			t.Fatal(err)
		}
		p.Close()
		h.git(h.main, "add", "-A")
		h.git(h.main, "commit", "--allow-empty", "-m", "step")
		h.git(h.main, "tag", fmt.Sprintf("t%d", i))
	}
	for _, pair := range [][]string{{"t0", "t1"}, {"t1", "t2"}, {"t2", "t0"}, {"HEAD", "workspace"}, {"t0", "workspace"}} {
		if pair[1] == "workspace" {
			h.figures(r)
		}
		for _, what := range []struct {
			verb string
			of   func(*dvc.Project) figures.Files
		}{{"metrics", figures.Metrics}, {"params", figures.Params}} {
			for _, all := range []bool{false, true} {
				args := append([]string{what.verb, "diff", "--json"}, pair...)
				if all {
					args = append(args, "--all")
				}
				p := open(t, h.main)
				got, _, err := figures.Diff(context.Background(), p, pair[0], pair[1], what.of, all)
				p.Close()
				if err != nil {
					t.Fatal(err)
				}
				text, _ := json.Marshal(got)
				var ours map[string]any
				_ = json.Unmarshal(text, &ours)
				if here, there := canonical(ours), canonical(h.d.json(h.main, args...)); here != there {
					t.Errorf("dvc %v\nrondo %s\ndvc   %s", args, here, there)
				}
			}
		}
	}
}

func (h *history) write(name, text string) {
	h.t.Helper()
	at := filepath.Join(h.main, name)
	_ = os.MkdirAll(filepath.Dir(at), 0o755)
	_ = os.Remove(at)
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// TestADamagedObjectIsNoFigure: of what only the cache has, nothing is told that is not what was
// recorded, though it can be read.
func TestADamagedObjectIsNoFigure(t *testing.T) {
	dir := folder(t, map[string]string{"dvc.yaml": "metrics:\n  - score.json\n", "score.json": `{"score": 17}`})
	p := open(t, dir)
	if err := p.Add(t.Context(), "score.json"); err != nil {
		t.Fatal(err)
	}
	lose(t, dir, "score.json")
	p = open(t, dir)
	if got := score(p); got != int64(17) {
		t.Fatalf("of the cache: %v", got)
	}
	at, err := filepath.Glob(filepath.Join(dir, ".dvc/cache/files/md5/*/*"))
	if err != nil || len(at) != 1 {
		t.Fatal(at, err)
	}
	put(t, "", writable(t, at[0]), `{"score": 71}`)
	if got := score(open(t, dir)); got != nil {
		t.Errorf("of a damaged object: %v", got)
	}
}

func score(p *dvc.Project) any {
	of, _ := figures.Metrics(p)["score.json"].(*doc.Map)
	v, _ := of.Get("score")
	return v
}

// TestParamsThatAreFilledIn: what ${…} takes of a file is a param of it, wherever the file lies, as
// dvc has it; what a dvc.yaml says itself is none.
func TestParamsThatAreFilledIn(t *testing.T) {
	h := &history{t: t, d: newDriver(t, realDVC(t)), main: folder(t, map[string]string{
		"dvc.yaml": "vars:\n- vars/p.yaml\n- top.yaml:t,n\n- n: {lit: 1}\n- own: {a: 5}\nstages:\n  a:\n    cmd: echo ${x} ${deep.k} ${n.lit} ${n.file} ${t} ${opts} ${l[1]} ${lr}\n    vars: [vars/q.yaml, {mine: 3}]\n    desc: ${qq} ${mine}\n" +
			"  f:\n    foreach: ${list}\n    do:\n      cmd: echo ${item} ${u}\n  g:\n    foreach: ${people}\n    do:\n      cmd: echo ${item.n} ${key}\n  o:\n    foreach: ${own}\n    do:\n      cmd: echo ${item}\n" +
			"  h:\n    foreach: [\"${x}\", 12, \"${u}!\"]\n    do:\n      cmd: echo ${item}\n  m:\n    matrix:\n      of: ${grid}\n      w: [1, \"${wide}\"]\n    cmd: echo ${item.of.z} ${item.w}\n    wdir: ${dir}\nmetrics:\n- ${mm}\n",
		"vars/p.yaml": "x: 1\ndeep: {k: 2, j: 3}\nopts: {o: 1, p: {q: true}}\nl: [4, 5, 6]\nu: 9\nunused: 1\nlist: [r, s]\npeople: {ann: {n: 1}, bob: {n: 2}}\ngrid: [{z: 1}, {z: 2}]\nwide: yes\ndir: sub\nmm: m.json\n",
		"vars/q.yaml": "qq: hello\n", "top.yaml": "t: 3\nn: {file: 2}\nother: 4\n", "top2.yaml": "t2: 8\n", "params.yaml": "lr: 1\n",
		"sub/dvc.yaml": "vars: [conf/c.yaml, ../top2.yaml]\nstages:\n  s:\n    cmd: echo ${c} ${pp} ${t2}\n", "sub/conf/c.yaml": "c: 1\n", "sub/params.yaml": "pp: 1\n",
	})}
	h.git(h.main, "init", "-b", "main", h.main)
	h.d.must(h.main, "init")
	h.git(h.main, "add", "-A")
	h.git(h.main, "commit", "-m", "step")
	same := func() {
		t.Helper()
		p := open(t, h.main)
		defer p.Close()
		got, _, err := figures.Diff(t.Context(), p, "HEAD", dvc.Workspace, figures.Params, true)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(got)
		var ours map[string]any
		_ = json.Unmarshal(text, &ours)
		if here, there := canonical(ours), canonical(h.d.json(h.main, "params", "diff", "--all", "--json")); here != there {
			t.Errorf("rondo %s\ndvc   %s", here, there)
		}
	}
	same()
	h.write("vars/q.yaml", "qq: goodbye\n")
	h.write("top.yaml", "t: 4\nn: {file: 2}\n")
	same()
}

// TestAMetricThatIsLostIsReadFromTheCache, as dvc reads it, also one of a folder of which the rest lies there.
func TestAMetricThatIsLostIsReadFromTheCache(t *testing.T) {
	dir := folder(t, map[string]string{
		".dvc/config": "", "in.txt": "x", "m/one.json": `{"a":1}`, "m/two.json": `{"b":2}`,
		"dvc.yaml": "stages:\n  s:\n    cmd: echo\n    deps: [in.txt]\n    metrics: [m]\n",
	})
	if err := open(t, dir).CommitAll(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "m/two.json")); err != nil {
		t.Fatal(err)
	}
	if m := figures.Metrics(open(t, dir)); len(m) != 2 || m["m/two.json"] == nil {
		t.Errorf("%v", m)
	}
}
