package dvc_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

// driver is a real dvc that takes one command after the other.
type driver struct {
	t   *testing.T
	old bool // of dvc's second line, which knows no matrix
	in  io.WriteCloser
	out *bufio.Reader
}

func newDriver(t *testing.T, program string) *driver {
	t.Helper()
	script, err := filepath.Abs("testdata/driver.py")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.Command(filepath.Join(filepath.Dir(program), "python"), script)
	cmd.Env = append(os.Environ(), "DVC_NO_ANALYTICS=1", "DVC_TEST=1", "HOME="+home, "XDG_CONFIG_HOME="+home, "DVC_SITE_CACHE_DIR="+home, "SHELL=/bin/sh")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	said, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &driver{t: t, old: strings.HasPrefix(string(said), "2."), in: in, out: bufio.NewReader(out)}
}

// try runs a dvc command; what it printed comes back, and whether it went well.
func (d *driver) try(dir string, args ...string) (string, bool) {
	d.t.Helper()
	b, _ := json.Marshal(map[string]any{"dir": dir, "args": args})
	if _, err := d.in.Write(append(b, '\n')); err != nil {
		d.t.Fatal(err)
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		d.t.Fatalf("dvc %v: %v", args, err)
	}
	var a struct {
		RC  int
		Out string
	}
	if err := json.Unmarshal(line, &a); err != nil {
		d.t.Fatal(err)
	}
	return a.Out, a.RC == 0
}

func (d *driver) must(dir string, args ...string) string {
	d.t.Helper()
	out, ok := d.try(dir, args...)
	if !ok {
		d.t.Fatalf("dvc %v in %s:\n%s", args, dir, out)
	}
	return out
}

// answer is what dvc says as JSON, in one form.
func (d *driver) json(dir string, args ...string) string {
	d.t.Helper()
	out := d.must(dir, args...)
	i := strings.IndexByte(out, '{')
	if i < 0 {
		d.t.Fatalf("dvc %v says %q", args, out)
	}
	var v any
	if err := json.Unmarshal([]byte(out[i:strings.LastIndexByte(out, '}')+1]), &v); err != nil {
		d.t.Fatalf("dvc %v says %q", args, out)
	}
	return canonical(v)
}

// canonical is JSON with the members of lists sorted.
func canonical(v any) string {
	var sortAll func(v any) any
	sortAll = func(v any) any {
		switch x := v.(type) {
		case map[string]any:
			for k := range x {
				x[k] = sortAll(x[k])
			}
		case []any:
			sort.Slice(x, func(i, j int) bool { return fmt.Sprint(x[i]) < fmt.Sprint(x[j]) })
		}
		return v
	}
	b, _ := json.MarshalIndent(sortAll(v), "", " ")
	return string(b)
}

const historyPipeline = `vars:
- words:
    greet: hello
stages:
  prep:
    cmd: cat data/a.csv > prep.txt && echo ${n} ${words.greet} >> prep.txt
    deps: [data/a.csv]
    params: [n]
    outs: [prep.txt]
  split:
    foreach: [one, two]
    do:
      cmd:
      - mkdir -p parts/${item}
      - cp prep.txt parts/${item}/all.txt
      - echo ${item} > parts/${item}/name.txt
      deps: [prep.txt]
      params:
      - more.toml: [deep.x]
      outs: ["parts/${item}"]
  grid:
    matrix: {a: [1, 2], b: [x]}
    cmd: echo ${item.a}${item.b} > grid-${item.a}.txt
    params:
    - conf.py: [LR]
    outs: ["grid-${item.a}.txt"]
  score:
    wdir: sub
    cmd: |
      wc -l < ../parts/one/all.txt > lines.txt
      printf '{"score": %d}' $(cat lines.txt) > score.json
    deps: [../parts/one, ../images]
    params:
    - ../other.json: [k]
    outs: [lines.txt]
    metrics:
    - score.json:
        cache: false
  keep:
    cmd: echo more >> keep.log
    deps: [data/a.csv]
    outs:
    - keep.log:
        persist: true
`

// history is one project that dvc and Rondo work on in turn, and its twin, where dvc has
// done every step.
type history struct {
	t    *testing.T
	r    *rand.Rand
	d    *driver
	main string
	twin string
	log  []string
	n    int

	mixed bool // begun by dvc 2: Rondo stays with its names, and dvc 3 changes them
}

func newHistory(t *testing.T, d *driver, seed int64) *history {
	h := &history{t: t, r: rand.New(rand.NewSource(seed)), d: d}
	dir := t.TempDir()
	h.main, h.twin = filepath.Join(dir, "main"), filepath.Join(dir, "twin")
	for _, at := range []string{h.main, h.twin} {
		h.git(at, "init", "-b", "main", at)
		d.must(at, "init")
		d.must(at, "config", "core.analytics", "false")
	}
	h.both("params.yaml", "n: 1\nother: 2.50\n")
	h.both("more.toml", "[deep]\nx = 1\n")
	h.both("conf.py", "LR = 0.1\n")
	h.both("other.json", `{"k": [1, 2.0, null]}`)
	h.both("data/a.csv", "1,2\n")
	h.both("images/x/1.png", "one")
	h.both("images/2.png", "two")
	h.both("sub/.keep", "")
	text := historyPipeline
	if d.old {
		text = strings.Replace(text, "matrix: {a: [1, 2], b: [x]}\n    cmd:", "foreach: [{a: 1, b: x}, {a: 2, b: x}]\n    do:\n     cmd:", 1)
		before, after, _ := strings.Cut(text, "    params:\n    - conf.py: [LR]\n    outs: [\"grid")
		text = before + "     params:\n     - conf.py: [LR]\n     outs: [\"grid" + after
	}
	h.both("dvc.yaml", text)
	for _, at := range []string{h.main, h.twin} {
		d.must(at, "add", "data/a.csv", "images")
		h.commitGit(at)
	}
	return h
}

func (h *history) git(dir string, args ...string) {
	h.t.Helper()
	if args[0] != "init" {
		args = append([]string{"-C", dir}, args...)
	}
	cmd := exec.Command("git", args...)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b", "GIT_CONFIG_GLOBAL=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("git %v: %v\n%s\n%s", args, err, out, strings.Join(h.log, "\n"))
	}
}

func (h *history) commitGit(dir string) {
	h.git(dir, "add", "-A")
	h.git(dir, "commit", "--allow-empty", "-m", "step")
}

func (h *history) both(name, text string) {
	h.t.Helper()
	for _, dir := range []string{h.main, h.twin} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			h.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *history) gone(name string) {
	for _, dir := range []string{h.main, h.twin} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *history) note(format string, args ...any) {
	h.log = append(h.log, fmt.Sprintf(format, args...))
}

// does carries out one command in both projects: by dvc in the twin, and by dvc or Rondo
// in the other.
func (h *history) does(rondo func(p *dvc.Project) error, args ...string) {
	h.t.Helper()
	out, ok := h.d.try(h.twin, args...)
	if h.r.Intn(3) == 0 {
		h.note("dvc   %v (%v)", args, ok)
		if out2, ok2 := h.d.try(h.main, args...); ok2 != ok {
			h.fail("dvc says %v in the twin and %v here:\n%s\n%s", ok, ok2, out, out2)
		}
		return
	}
	h.note("rondo %v (%v)", args, ok)
	p, err := dvc.Open(h.main)
	if err == nil {
		err = rondo(p)
		p.Close()
	}
	if (err == nil) != ok && args[0] != "checkout" { // dvc says that stages which never ran have no outs
		h.fail("dvc %v went %v, Rondo says %v:\n%s", args, ok, err, out)
	}
}

func (h *history) fail(format string, args ...any) {
	h.t.Helper()
	h.t.Fatalf("%s\n--- %s\n%s", fmt.Sprintf(format, args...), h.main, strings.Join(h.log, "\n"))
}

// repro brings all stages up to date as the runner does it, without a server.
func repro(p *dvc.Project) error {
	books, err := dvc.OpenBooks(p.Dir)
	if err != nil {
		return err
	}
	defer books.Close()
	ctx := context.Background()
	stages := p.Stages()
	g, err := pipeline.Build(stages)
	if err != nil {
		return err
	}
	var all []string
	for _, n := range g {
		all = append(all, n.From)
	}
	say := func(string, ...any) {}
	if err := books.Begin(ctx, all, say); err != nil {
		return err
	}
	for _, n := range g {
		_, err := books.Update(ctx, n.From, pipeline.Work{Cmd: n.Cmd, Say: say, Run: func(argv, env []string) error {
			cmd := exec.Command(argv[0], argv[1:]...)
			cmd.Dir, cmd.Env = filepath.Join(p.Dir, n.Wdir), append(os.Environ(), env...)
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%v: %w\n%s", argv, err, out)
			}
			return nil
		}})
		if err != nil {
			return fmt.Errorf("stage %s: %w", n.From, err)
		}
	}
	return nil
}

func (h *history) step() {
	h.n++
	ctx := context.Background()
	word := fmt.Sprintf("%d", h.r.Intn(4)) // few contents, so that what was comes again
	switch h.r.Intn(17) {
	case 0, 1:
		h.note("edit data/a.csv %s", word)
		h.both("data/a.csv", strings.Repeat(word+",x\r\n", 1+h.r.Intn(3)))
	case 2:
		name := "images/" + []string{"2.png", "x/1.png", "x/é.png", "y/3.png"}[h.r.Intn(4)]
		h.note("edit %s %s", name, word)
		h.both(name, word)
	case 3:
		name := "images/" + []string{"2.png", "x/1.png", "x", "y/3.png"}[h.r.Intn(4)]
		h.note("delete %s", name)
		h.gone(name)
	case 4:
		name, text := "params.yaml", "n: "+word+"\nother: 2.5\n"
		switch h.r.Intn(4) {
		case 1:
			name, text = "more.toml", "[deep]\nx = "+word+".5e3\n"
		case 2:
			name, text = "conf.py", "LR = 1e-"+word+"\n"
		case 3:
			name, text = "other.json", `{"k": {"a": `+word+`, "b": "é"}}`
		}
		h.note("edit %s %s", name, word)
		h.both(name, text)
	case 5, 6:
		target := []string{"data/a.csv", "images"}[h.r.Intn(2)]
		h.does(func(p *dvc.Project) error { return p.Add(ctx, target) }, "add", target)
	case 7:
		name := "new" + word + ".bin"
		h.note("write %s", name)
		h.both(name, word+word)
		h.does(func(p *dvc.Project) error { return p.Add(ctx, name) }, "add", name)
	case 8:
		name := "new" + word + ".bin.dvc"
		h.does(func(p *dvc.Project) error { return p.Remove(ctx, name, false) }, "remove", name)
	case 9, 10, 11:
		h.does(repro, "repro")
	case 12:
		h.does(func(p *dvc.Project) error { _, err := p.Checkout(ctx, dvc.Checkout{Force: true}); return err }, "checkout", "-f")
	case 13:
		h.does(func(p *dvc.Project) error { return p.CommitAll(ctx, "data/a.csv.dvc", "images.dvc") }, "commit", "-f", "data/a.csv.dvc", "images.dvc")
	case 14:
		h.note("git commit")
		h.commitGit(h.main)
		h.commitGit(h.twin)
	case 15:
		branch := []string{"main", "other"}[h.r.Intn(2)]
		h.note("git switch %s", branch)
		for _, dir := range []string{h.main, h.twin} {
			h.commitGit(dir)
			if _, err := exec.Command("git", "-C", dir, "rev-parse", "--verify", branch).Output(); err != nil {
				h.git(dir, "branch", branch)
			}
			h.git(dir, "switch", branch)
		}
		h.does(func(p *dvc.Project) error { _, err := p.Checkout(ctx, dvc.Checkout{Force: true}); return err }, "checkout", "-f")
	case 16:
		h.does(func(p *dvc.Project) error { _, err := p.Collect(ctx, dvc.Collect{Commits: true}); return err }, "gc", "-f", "-A")
	}
}

// own are the texts and names that both programs write.
func own(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, at)
		switch {
		case err != nil:
			return err
		case rel == ".git" || rel == ".dvc/tmp":
			return fs.SkipDir
		case d.IsDir():
			return nil
		case strings.HasPrefix(rel, ".dvc/cache/runs/"):
			b, err := os.ReadFile(at)
			out[rel] = string(b)
			return err
		case strings.HasPrefix(rel, ".dvc/cache/"):
			info, err := d.Info()
			if err == nil {
				out[rel] = info.Mode().String()
			}
			return err
		case d.Name() == "dvc.lock", d.Name() == ".gitignore", strings.HasSuffix(rel, ".dvc"):
			b, err := os.ReadFile(at)
			out[rel] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h *history) compare() {
	h.t.Helper()
	main, twin := own(h.t, h.main), own(h.t, h.twin)
	if h.mixed {
		main, twin = nil, nil
	}
	if h.d.old { // it runs stages that do not need each other in the order of their addresses in memory
		unordered(main)
		unordered(twin)
	}
	for name, text := range twin {
		if main[name] != text {
			h.fail("%s\nhere %q\ntwin %q", name, main[name], text)
		}
	}
	for name := range main {
		if _, ok := twin[name]; !ok {
			h.fail("the twin has no %s", name)
		}
	}
	here, there := h.d.json(h.main, "SAID"), h.d.json(h.twin, "SAID")
	if here != there {
		h.fail("dvc status and data status\nhere %s\ntwin %s", here, there)
	}
	h.same(here)
}

// unordered sorts the stages of locks and the lines of .gitignore files.
func unordered(all map[string]string) {
	for name, text := range all {
		split := "\n"
		switch filepath.Base(name) {
		case "dvc.lock":
			text, split = blocks.ReplaceAllString(text, "\x00$1"), "\x00"
		case ".gitignore":
		default:
			continue
		}
		parts := strings.Split(text, split)
		sort.Strings(parts)
		all[name] = strings.Join(parts, split)
	}
}

var blocks = regexp.MustCompile(`(?m)^(  \S)`)

// same compares Rondo's own status with DVC's.
func (h *history) same(said string) {
	h.t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(said), &whole); err != nil {
		h.t.Fatal(err)
	}
	want := canonical(whole["status"])
	p, err := dvc.Open(h.main)
	if err != nil {
		h.t.Fatal(err)
	}
	defer p.Close()
	list, err := p.Status(context.Background())
	if err != nil {
		h.fail("%v", err)
	}
	var v any
	if err := json.Unmarshal([]byte(statusJSON(list)), &v); err != nil {
		h.t.Fatal(err)
	}
	if got := canonical(v); got != want {
		h.fail("status\nrondo %s\ndvc   %s", got, want)
	}
	data, err := p.DataStatus(context.Background(), true)
	if err != nil {
		h.fail("%v", err)
	}
	b, _ := json.Marshal(data)
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		h.t.Fatal(err)
	}
	theirs, _ := whole["data"].(map[string]any)
	for _, part := range []string{"not_in_cache", "committed", "uncommitted", "unchanged"} {
		if a, b := canonical(got[part]), canonical(theirs[part]); a != b {
			h.fail("data status: %s\nrondo %s\ndvc   %s", part, a, b)
		}
	}
}

// TestAnyHistoryInTurnWithDVC works on a project with dvc and Rondo in turn, and compares
// it after every step with one where dvc did everything. RONDO_TORTURE makes it long.
func TestAnyHistoryInTurnWithDVC(t *testing.T) {
	d := newDriver(t, realDVC(t))
	rounds, steps := setting("DVC_HISTORIES", 1), setting("DVC_STEPS", 10)
	if n := setting("RONDO_TORTURE", 0); n > 0 {
		rounds = setting("DVC_HISTORIES", min(n/4, 400))
	}
	for i := range rounds {
		seed := int64(setting("DVC_SEED", 1) + i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d.t = t
			h := newHistory(t, d, seed)
			for range steps {
				h.step()
				h.compare()
			}
		})
	}
}

// TestAnyHistoryBegunByDVC2 goes on in projects that dvc 2 has made, whose cache has the
// layout of then, with dvc 3 and Rondo in turn. $DVC2 is the older program.
func TestAnyHistoryBegunByDVC2(t *testing.T) {
	older := os.Getenv("DVC2")
	if older == "" {
		t.Skip("skipped: $DVC2 names no dvc of the second line; make conformance has one")
	}
	d, before := newDriver(t, realDVC(t)), newDriver(t, older)
	seed := setting("DVC_SEED", 1)
	for i := range setting("DVC_HISTORIES", 3) {
		t.Run(fmt.Sprint(seed+i), func(t *testing.T) {
			d.t, before.t = t, t
			h := newHistory(t, before, int64(seed+i))
			for _, at := range []string{h.main, h.twin} {
				before.must(at, "repro")
				h.commitGit(at)
			}
			h.d, h.mixed = d, true
			h.compare()
			for range setting("DVC_STEPS", 10) {
				h.step()
				h.compare()
			}
		})
	}
}

// TestExperimentsAreToldAsDVCKeptThem saves experiments by dvc and lists them by Rondo.
func TestExperimentsAreToldAsDVCKeptThem(t *testing.T) {
	d := newDriver(t, realDVC(t))
	h := newHistory(t, d, 5)
	h.git(h.main, "config", "user.name", "a")
	h.git(h.main, "config", "user.email", "a@b")
	d.must(h.main, "repro")
	h.both("dvclive/metrics.json", `{"step": 3, "train": {"loss": 0.25}}`)
	h.commitGit(h.main)
	for _, n := range []string{"7", "8"} {
		h.both("params.yaml", "n: "+n+"\nother: 2.5\n")
		d.must(h.main, "repro")
		d.must(h.main, "exp", "save", "-n", "exp-"+n)
	}
	p := open(t, h.main)
	list, err := p.Experiments(context.Background())
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	for _, e := range list {
		if e.Problem != "" || "exp-"+e.Params["n"] != e.Name || e.Params["more.toml:deep.x"] != "1" || e.Metrics["score"] != 2 || e.Metrics["train.loss"] != 0.25 || len(e.Baseline) != 40 {
			t.Errorf("%+v", e)
		}
	}
	if list[0].Params["n"] == list[1].Params["n"] {
		t.Error("both have the same params")
	}
}
