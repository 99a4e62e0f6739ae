package dvc_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// edits are what a person does to files, each as often as it stands here.
var edits = []func(h *history, word string){
	func(h *history, word string) {
		h.both("data/a.csv", strings.Repeat(word+",x\r\n", 1+h.r.Intn(3)))
	},
	func(h *history, word string) {
		h.both("data/a.csv", strings.Repeat(word+",x\r\n", 1+h.r.Intn(3)))
	},
	func(h *history, word string) {
		h.both("images/"+h.one("2.png", "x/1.png", "x/é.png", "y/3.png"), word)
	},
	func(h *history, word string) { h.gone("images/" + h.one("2.png", "x/1.png", "x", "y/3.png")) },
	func(h *history, word string) { h.both("params.yaml", "n: "+word+"\nother: 2.5\n") },
	func(h *history, word string) {
		h.both("more.toml", h.one("[deep]\nx = "+word+".5e3\n", "[deep]\nx = "+word+"\ny = [1, 2]\n"))
	},
	func(h *history, word string) {
		h.both("conf.py", h.one("LR = 1e-"+word+"\n", "LR = ("+word+", 'é')\n"))
	},
	func(h *history, word string) {
		h.both("other.json", h.one(`{"k": {"a": `+word+`, "b": "é"}}`, `{"k": `+word+`}`))
	},
	func(h *history, _ string) {
		h.gone(h.one("prep.txt", "parts/one", "parts/two/name.txt", "sub/curve.csv", "keep.log"))
	},
	func(h *history, word string) { h.both(h.one("prep.txt", "parts/one/name.txt", "sub/lines.txt"), word) },
	(*history).editPipeline,
}

// editPipeline writes dvc.yaml as it was at first, with some things another way.
func (h *history) editPipeline(word string) {
	text := h.pipeline()
	for _, change := range [][2]string{
		{"echo ${n} ${words.greet}", "echo ${words.greet} ${n}"},
		{"foreach: [one, two]", "foreach: [two, three]"},
		{"    greet: hello", "    greet: hello " + word},
		{"  keep:\n", "  keep: # a comment\n    desc: what stays\n"},
		{"  prep:\n", "  prep:\n    frozen: true\n"},
	} {
		if h.r.Intn(3) == 0 {
			text = strings.Replace(text, change[0], change[1], 1)
		}
	}
	h.both("dvc.yaml", text)
}

func (h *history) one(of ...string) string { return of[h.r.Intn(len(of))] }

// step does something to both projects.
func (h *history) step() {
	h.n++
	word := fmt.Sprint(h.r.Intn(4)) // few contents, so that what was comes again
	if h.r.Intn(3) == 0 {
		i := h.r.Intn(len(edits))
		h.note("edit %d %s", i, word)
		edits[i](h, word)
		return
	}
	commands[h.r.Intn(len(commands))](h, word)
}

// switchBranch brings the data of another branch.
func (h *history) switchBranch(string) {
	branch := h.one("main", "other")
	h.note("git switch %s", branch)
	for _, dir := range []string{h.main, h.twin} {
		h.commitGit(dir)
		if _, err := exec.Command("git", "-C", dir, "rev-parse", "--verify", branch).Output(); err != nil {
			h.git(dir, "branch", branch)
		}
		h.git(dir, "switch", branch)
	}
	h.checkout("")
}

// pushAndLose brings back from the remote what the cache has lost.
func (h *history) pushAndLose(string) {
	if !h.does(push, "push") {
		return
	}
	all, err := filepath.Glob(filepath.Join(h.main, ".dvc/cache/files/md5/??/*"))
	if err != nil {
		h.t.Fatal(err)
	}
	sort.Strings(all)
	for _, at := range all {
		rel, _ := filepath.Rel(h.main, at)
		_, pushed := os.Stat(filepath.Join(h.twin, ".git/store", strings.TrimPrefix(rel, ".dvc/cache/")))
		if pushed != nil || h.r.Intn(3) > 0 {
			continue
		}
		h.note("lost %s", rel)
		h.gone(rel)
	}
	if h.r.Intn(2) == 0 {
		h.does(fetch, "fetch")
		return
	}
	h.does(pull, "pull", "-f")
}
