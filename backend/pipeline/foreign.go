package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/project"
)

// foreign reports whether a stage is kept by the books of another tool. A repetition has
// none: it runs the commands as they are recorded.
func (r *runner) foreign(n *Node) bool { return n.From != "" && !r.plan.NoLock }

// books opens the books that stages of the graph need; nil where none does. Those that are
// trusted may have read what they name outside of the project.
func (g Graph) books(dir string, open OpenBooks, trusted bool) (Books, error) {
	if open == nil || !slices.ContainsFunc(g, func(n *Node) bool { return n.From != "" }) {
		return nil, nil
	}
	var outside []string
	for _, n := range g {
		if trusted {
			outside = append(outside, n.Outside()...)
		}
	}
	return open(dir, outside)
}

func (r *runner) beginForeign(ctx context.Context) (err error) {
	if r.plan.NoLock {
		return nil
	}
	r.books, err = r.graph.books(r.eyes.dir, r.openBooks, true)
	if err != nil || r.books == nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	return r.books.Ready()
}

func (r *runner) endForeign() {
	if r.books != nil {
		_ = r.books.Close()
	}
}

// updateForeign lets the books decide, one stage at a time, and tells what came of it.
func (r *runner) updateForeign(ctx context.Context, n *Node, res *StageResult) error {
	if r.books == nil {
		return errs.New(errs.Precondition, "stage %s comes from %s, which cannot be opened here", n.Name, n.From)
	}
	r.turn.Lock()
	defer r.turn.Unlock()
	if err := r.books.Begin(ctx, n.From, r.plan.Force, r.sayOf("")); err != nil {
		return err
	}
	kept, err := r.books.Update(ctx, n.From, r.foreignWork(n, res))
	if kept.Reasons != nil {
		res.Reasons = kept.Reasons
	}
	if kept.Params != nil {
		res.Params = kept.Params
	}
	if err != nil {
		return err
	}
	if res.State = kept.State; res.State == Skipped {
		r.say(n.Name, "skipped: nothing it depends on has changed")
	}
	return r.tellForeign(ctx, n, res)
}

func (r *runner) foreignWork(n *Node, res *StageResult) Work {
	began := false
	return Work{
		Cmd: n.Cmd, Force: r.plan.Force,
		Say:   r.sayOf(n.Name),
		Aside: r.moveAside,
		Begun: func(reasons []string) {
			res.State, res.Reasons = Running, reasons
			_ = writeResult(r.runDir, *res) // for whoever watches
			r.surround(n, res)
		},
		Run: func(argv, env []string) error {
			if !began {
				began = true
				r.say(n.Name, "runs: %s", because(res.Reasons))
			}
			return r.command(n, argv, env...)
		},
	}
}

func (r *runner) sayOf(stage string) func(format string, args ...any) {
	return func(format string, args ...any) { r.say(stage, format, args...) }
}

// moveAside moves what nobody has kept out of the way.
func (r *runner) moveAside(path string) error {
	root, err := os.OpenRoot(r.plan.Project)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "open the project folder")
	}
	defer root.Close()
	to := filepath.Join(project.PrivateDir, ReplacedDir, filepath.Base(r.runDir), filepath.FromSlash(path))
	if err := root.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return errs.Wrap(errs.Unavailable, err, "put the old %s aside", path)
	}
	if err := root.Rename(filepath.FromSlash(path), to); err != nil {
		return errs.Wrap(errs.Unavailable, err, "put the old %s aside", path)
	}
	r.say("", "%s is not as a stage that ran through has left it; it is now %s", path, filepath.ToSlash(to))
	return nil
}

const maxForeign = 16 << 20 // bytes of what is kept here although the other tool keeps it, too

// tellForeign looks at what the stage read and wrote, for the record, and keeps what is
// small or a model.
func (r *runner) tellForeign(ctx context.Context, n *Node, res *StageResult) error {
	for _, part := range []struct {
		paths []string
		into  *[]Artifact
	}{{n.Deps, &res.Deps}, {outPaths(n), &res.Outs}} {
		for _, p := range part.paths {
			a, err := r.eyes.look(ctx, p)
			if errors.Is(err, errGone) {
				continue
			}
			if errs.Is(err, errs.Invalid) { // the other tool may keep what Rondo does not, such as a link in a folder
				r.say(n.Name, "Rondo's own record goes without %s: %s", p, err)
				continue
			}
			if err != nil {
				return err
			}
			*part.into = append(*part.into, a)
			if a.Size > maxForeign && !slices.Contains(r.plan.Models, p) {
				continue
			}
			if err := r.keep(ctx, nil, []Artifact{a}); err != nil {
				return err
			}
		}
	}
	return nil
}

func outPaths(n *Node) (list []string) {
	for _, o := range n.Outs {
		list = append(list, o.Path)
	}
	return list
}

// examineAny compares a stage with rondo.lock, or with the books that it is kept by.
func (e *eyes) examineAny(ctx context.Context, n *Node, lock Lock, set map[string]string, books Books) (s seen, err error) {
	if n.From == "" {
		return e.examine(ctx, n, lock, set)
	}
	if books == nil {
		return s, errs.New(errs.Precondition, "it comes from %s, which cannot be opened here", n.From)
	}
	s.reasons, err = books.Reasons(ctx, n.From)
	return s, err
}

// shells are the options that keep a shell from reading a person's settings.
var shells = map[string][]string{"zsh": {"--no-rcs"}, "bash": {"--noprofile", "--norc"}, "fish": {"--no-config"}}

// Shell is how a command line of another tool is run: by $SHELL, or /bin/sh.
func Shell(line string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/c", line}
	}
	sh := os.Getenv("SHELL")
	if sh == "" {
		sh = "/bin/sh"
	}
	return append(append([]string{sh}, shells[strings.ToLower(filepath.Base(sh))]...), "-c", line)
}

// badForeign is a stage of another tool's project that failed: such a project stops there.
func (r *runner) badForeign() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.graph {
		if n.From != "" && r.done[n.Name] == Broken {
			return n.Name
		}
	}
	return ""
}
