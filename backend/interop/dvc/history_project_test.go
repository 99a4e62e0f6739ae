package dvc_test

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

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
      cp lines.txt curve.csv
    deps: [../parts/one, ../images]
    params:
    - ../other.json: [k]
    outs: [lines.txt]
    metrics:
    - score.json:
        cache: false
    plots: [curve.csv]
  keep:
    cmd: echo more >> keep.log
    deps: [data/a.csv]
    params:
    - more.toml:
    outs:
    - keep.log:
        persist: true
  check:
    cmd: test ${n} -ne 3 && cp prep.txt check.txt
    deps: [prep.txt]
    outs: [check.txt]
`

// pipeline is the dvc.yaml. What dvc 2 does not know is said in its words.
func (h *history) pipeline() string {
	if !h.d.old && !h.mixed {
		return historyPipeline
	}
	return strings.NewReplacer(
		"    matrix: {a: [1, 2], b: [x]}\n", "    foreach: [{a: 1, b: x}, {a: 2, b: x}]\n    do:\n",
		"    cmd: echo ${item.a}${item.b} > grid-${item.a}.txt\n    params:\n    - conf.py: [LR]\n    outs:", "     cmd: echo ${item.a}${item.b} > grid-${item.a}.txt\n     params:\n     - conf.py: [LR]\n     outs:",
	).Replace(historyPipeline)
}

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
	link string // cache.type

	anyOrder bool // of what dvc has written

	proven bool // some commands are programs of their own: that they are forked makes no difference
	mixed  bool // begun by dvc 2: Rondo stays with its names, and dvc 3 changes them
}

func newHistory(t *testing.T, d *driver, seed int64) *history {
	h := &history{t: t, r: rand.New(rand.NewSource(seed)), d: d}
	dir := t.TempDir()
	h.link = []string{"", "", "hardlink", "symlink"}[h.r.Intn(4)]
	h.main, h.twin = filepath.Join(dir, "main"), filepath.Join(dir, "twin")
	for _, at := range []string{h.main, h.twin} {
		h.git(at, "init", "-b", "main", at)
		d.must(at, "init")
		d.must(at, "remote", "add", "-d", "store", "../.git/store") // where neither program looks for stages
		if h.link != "" {
			d.must(at, "config", "cache.type", h.link)
		}
	}
	h.both("params.yaml", "n: 1\nother: 2.50\n")
	h.both("more.toml", "[deep]\nx = 1\n")
	h.both("conf.py", "LR = 0.1\n")
	h.both("other.json", `{"k": [1, 2.0, null]}`)
	h.both("data/a.csv", "1,2\n")
	h.both("images/x/1.png", "one")
	h.both("images/2.png", "two")
	h.both("sub/.keep", "")
	h.both("dvc.yaml", h.pipeline())
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
	cmd.Env = gitEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("git %v: %v\n%s\n%s", args, err, out, joined(h.log))
	}
}

func gitEnv() []string {
	return append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b", "GIT_CONFIG_GLOBAL=/dev/null")
}

func joined(list []string) string { return strings.Join(list, "\n") }

// commitGit commits all but outs: a repro that failed has taken their lines out of .gitignore,
// and dvc refuses what git has.
func (h *history) commitGit(dir string) {
	h.git(dir, "add", "-A")
	h.git(dir, "rm", "-r", "-q", "--cached", "--ignore-unmatch", "prep.txt", "parts/one", "parts/two", "parts/three", "grid-*.txt", "keep.log", "check.txt", "sub/lines.txt", "sub/curve.csv")
	h.git(dir, "commit", "--allow-empty", "-m", "step")
}

func (h *history) both(name, text string) {
	h.t.Helper()
	for _, dir := range []string{h.main, h.twin} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			h.t.Fatal(err)
		}
		if h.link != "" { // never through a link into the cache
			os.Remove(at)
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
