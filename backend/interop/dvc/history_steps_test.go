package dvc_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

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
