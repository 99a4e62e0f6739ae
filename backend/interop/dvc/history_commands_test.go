package dvc_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sort"

	"rondo/backend/interop/dvc"
)

// commands are what dvc or Rondo does, each as often as it stands here.
var commands = []func(h *history, word string){
	(*history).repro, (*history).repro, (*history).repro, (*history).repro, (*history).reproSome, (*history).reproSome,
	(*history).add, (*history).add, (*history).addNew, (*history).addGlob, (*history).remove,
	(*history).checkout, (*history).checkout, (*history).commit, (*history).collect, (*history).pushAndLose,
	(*history).switchBranch, (*history).switchBranch, (*history).merge,
	func(h *history, _ string) {
		h.note("git commit")
		h.commitGit(h.main)
		h.commitGit(h.twin)
	},
	func(h *history, _ string) { h.byDVC("freeze", h.one("prep", "score", "keep")) },
	func(h *history, _ string) { h.byDVC("unfreeze", h.one("prep", "score", "keep")) },
	func(h *history, _ string) { h.byDVC("remove", h.one("grid", "split", "keep", "check", "score")) },
	func(h *history, word string) {
		h.byDVC("move", "new"+word+".bin", h.one("moved.bin", "data/b.bin", "new0.bin"))
	},
	func(h *history, _ string) { h.byDVC("unprotect", h.one("data/a.csv", "images", "prep.txt")) },
}

func (h *history) repro(string) { h.does(h.reproAll(), "repro") }

// reproSome forces, or runs a part of the pipeline.
func (h *history) reproSome(string) {
	stage := h.one("prep", "score", "keep", "split@two")
	switch h.r.Intn(4) {
	case 0:
		h.does(h.reproAll("-f"), "repro", "-f")
	case 1:
		h.does(h.reproOf(stage, only, "-s"), "repro", "-s", stage)
	case 2:
		h.does(h.reproOf(stage, upstream), "repro", stage)
	case 3:
		stage = h.one("split@one", "keep") // with few after them, whose order is one only
		h.does(h.reproOf(stage, downstream, "--downstream"), "repro", "--downstream", stage)
	}
}

func (h *history) add(string) {
	target := h.one("data/a.csv", "images")
	h.does(func(p *dvc.Project) error { return p.Add(context.Background(), target) }, "add", target)
}

func (h *history) addNew(word string) {
	name := "new" + word + ".bin"
	h.note("write %s", name)
	h.both(name, word+word)
	h.does(func(p *dvc.Project) error { return p.Add(context.Background(), name) }, "add", name)
}

// addGlob adds what a pattern finds, which Rondo leaves to the shell. Dvc takes the names in
// the order that the folder has them, which is any.
func (h *history) addGlob(word string) {
	h.both("new"+word+".bin", word+word)
	h.both("new1.bin", word)
	h.note("write new%s.bin and new1.bin", word)
	h.anyOrder = true
	h.does(func(p *dvc.Project) error {
		found, err := filepath.Glob(filepath.Join(p.Dir, "new*.bin"))
		sort.Strings(found)
		for i := range found {
			found[i] = filepath.Base(found[i])
		}
		if err != nil {
			return err
		}
		return p.Add(context.Background(), found...)
	}, "add", "--glob", "new*.bin")
}

func (h *history) remove(word string) {
	name := "new" + word + ".bin.dvc"
	if h.r.Intn(4) == 0 {
		name = "images.dvc"
	}
	if h.r.Intn(3) == 0 {
		h.does(func(p *dvc.Project) error { return p.Remove(context.Background(), name, true) }, "remove", "--outs", name)
		return
	}
	h.does(func(p *dvc.Project) error { return p.Remove(context.Background(), name, false) }, "remove", name)
}

func (h *history) checkout(string) {
	targets := [][]string{nil, nil, {"images"}, {"prep"}, {"data/a.csv.dvc"}}[h.r.Intn(5)]
	h.does(func(p *dvc.Project) error {
		_, err := p.Checkout(context.Background(), dvc.Checkout{Force: true, Selection: dvc.Selection{Targets: targets}})
		return err
	}, append([]string{"checkout", "-f"}, targets...)...)
}

func (h *history) commit(string) {
	targets := [][]string{{"data/a.csv.dvc", "images.dvc"}, {"prep"}, {"keep"}, nil}[h.r.Intn(4)]
	well := h.does(func(p *dvc.Project) error { return p.CommitAll(context.Background(), targets...) }, append([]string{"commit", "-f"}, targets...)...)
	if !well && targets == nil {
		h.dataToo()
	}
}

func (h *history) collect(string) {
	how := []struct {
		flag string
		in   dvc.Collect
	}{{"-A", dvc.Collect{Revisions: dvc.Revisions{Commits: true}}}, {"-w", dvc.Collect{}}, {"-a", dvc.Collect{Revisions: dvc.Revisions{Branches: true}}}, {"-T", dvc.Collect{Revisions: dvc.Revisions{Tags: true}}}}[h.r.Intn(4)]
	h.does(func(p *dvc.Project) error { _, err := p.Collect(context.Background(), how.in); return err }, "gc", "-f", how.flag)
}

func push(p *dvc.Project) error { _, err := p.Push(context.Background(), dvc.Exchange{}); return err }

func fetch(p *dvc.Project) error { _, err := p.Fetch(context.Background(), dvc.Exchange{}); return err }

func pull(p *dvc.Project) error {
	if err := fetch(p); err != nil {
		return err
	}
	_, err := p.Checkout(context.Background(), dvc.Checkout{Force: true})
	return err
}

// does carries out one command in both projects: by dvc in the twin, and by dvc or Rondo
// in the other. It tells whether it went well.
func (h *history) does(rondo func(p *dvc.Project) error, args ...string) bool {
	h.t.Helper()
	by := h.d.try
	if h.proven && h.n%3 == 0 {
		by = h.d.start
	}
	out, ok := by(h.twin, args...)
	if h.r.Intn(3) == 0 {
		h.note("dvc   %v (%v)", args, ok)
		if out2, ok2 := h.d.try(h.main, args...); ok2 != ok {
			h.fail("dvc says %v in the twin and %v here:\n%s\n%s", ok, ok2, out, out2)
		}
		return ok
	}
	h.note("rondo %v (%v)", args, ok)
	p, err := dvc.Open(h.main)
	if err == nil {
		err = rondo(p)
		p.Close()
	}
	if (err == nil) != ok && args[0] != "checkout" && args[0] != "pull" { // dvc says that stages which never ran have no outs
		h.fail("dvc %v went %v, Rondo says %v:\n%s", args, ok, err, out)
	}
	if !ok {
		h.ignoresOf(h.twin)
	}
	return ok
}

// byDVC is a command that Rondo has none for: what dvc has done so is read by Rondo.
func (h *history) byDVC(args ...string) {
	h.t.Helper()
	out, ok := h.d.try(h.twin, args...)
	out2, ok2 := h.d.try(h.main, args...)
	if h.note("both  %v (%v)", args, ok); ok != ok2 {
		h.fail("dvc says %v in the twin and %v here:\n%s\n%s", ok, ok2, out, out2)
	}
}

func (h *history) fail(format string, args ...any) {
	h.t.Helper()
	h.t.Fatalf("%s\n--- %s %s\n%s", fmt.Sprintf(format, args...), h.main, h.link, joined(h.log))
}
