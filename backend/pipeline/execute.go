package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/project"
	"rondo/backend/ref"
)

// execute runs a stage's commands and keeps what came out.
func (r *runner) execute(ctx context.Context, n *Node, s seen, res *StageResult) error {
	if len(s.missing) > 0 {
		return errs.New(errs.Precondition, "dep %s is missing", s.missing[0]).WithHint("bring it back (`rondo data checkout`), or name what makes it")
	}
	r.say(n.Name, "runs: %s", because(res.Reasons))
	if err := r.keep(ctx, nil, s.deps); err != nil {
		return err
	}
	if err := r.clear(ctx, n, s.outs); err != nil {
		return err
	}
	fault.Point("pipeline.cleared")
	for _, argv := range n.Commands {
		if err := r.command(n, argv); err != nil {
			return err
		}
	}
	fault.Point("pipeline.ran")
	for _, o := range n.Outs {
		a, err := r.eyes.look(ctx, o.Path)
		if errors.Is(err, errGone) {
			return errs.New(errs.Precondition, "its commands ended well, and %s is not there", o.Path).
				WithHint("let the stage write it, or take it out of the stage in rondo.yaml")
		}
		if err != nil {
			return err
		}
		res.Outs = append(res.Outs, a)
	}
	if err := r.keep(ctx, n, res.Outs); err != nil {
		return err
	}
	fault.Point("pipeline.kept")
	res.State = Ran
	r.remember(n, res)
	return r.record(n, res)
}

const maxUncached = 4 << 20 // bytes of an out that is kept although it says cache: false

// keep puts artifacts into the object store, as far as they are not there. Large outs
// of n that are not to be cached are left out; small ones, such as metrics, tell what
// the execution has shown.
func (r *runner) keep(ctx context.Context, n *Node, list []Artifact) error {
	for _, a := range list {
		if r.store.Keeps(a.Digest) || n != nil && a.Size > maxUncached && n.uncached(a.Path) {
			continue
		}
		err := r.put(ctx, a)
		if err != nil && ctx.Err() == nil {
			err = r.put(ctx, a) // a server that starts meanwhile takes our unfinished files for leftovers
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) uncached(path string) bool {
	for _, o := range n.Outs {
		if o.Path == path {
			return o.NoCache
		}
	}
	return false
}

func (r *runner) put(ctx context.Context, a Artifact) error {
	full, err := r.eyes.resolve(a.Path)
	if err != nil {
		return err
	}
	var got ref.Digest
	if a.Tree {
		var rules *folder.Rules
		if rules, err = r.eyes.rules(full); err == nil {
			_, got, err = r.store.PutTreeKnown(ctx, full, r.eyes.digests(ctx), rules)
		}
	} else {
		got, _, err = r.store.PutFile(ctx, full)
	}
	if err == nil && got != a.Digest {
		err = errs.New(errs.Conflict, "%s changed while it was being kept", a.Path).WithHint("run it again when nothing else writes to it")
	}
	return unreadable(err, a.Path)
}

// clear removes the stage's outs, so that what is there afterwards was made by it.
func (r *runner) clear(ctx context.Context, n *Node, there []Artifact) error {
	root, err := os.OpenRoot(r.plan.Project)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "open the project folder")
	}
	defer root.Close()
	if err := r.putAside(root, n, there); err != nil {
		return err
	}
	for _, o := range n.Outs {
		if err := r.makeRoom(root, o); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (r *runner) makeRoom(root *os.Root, o project.Out) error {
	name := filepath.FromSlash(o.Path)
	if !o.Persist {
		if err := root.RemoveAll(name); err != nil {
			return errs.Wrap(errs.Unavailable, err, "remove the old %s", o.Path)
		}
	}
	if dir := filepath.Dir(name); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return errs.Wrap(errs.Unavailable, err, "make the folder of %s", o.Path)
		}
	}
	return nil
}

// ReplacedDir is where in the private folder lies what stages put aside, in a folder for each execution.
const ReplacedDir = "replaced"

// putAside moves outs that nobody has kept out of the way: what is no stage's work may
// be a person's, such as a script that was declared an out by mistake.
func (r *runner) putAside(root *os.Root, n *Node, there []Artifact) error {
	if r.plan.NoLock {
		return nil
	}
	for _, a := range there {
		if r.store.Has(a.Digest) || n.uncached(a.Path) || n.persists(a.Path) {
			continue
		}
		to := filepath.Join(project.PrivateDir, ReplacedDir, filepath.Base(r.runDir), filepath.FromSlash(a.Path))
		if err := root.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return errs.Wrap(errs.Unavailable, err, "put the old %s aside", a.Path)
		}
		if err := root.Rename(filepath.FromSlash(a.Path), to); err != nil {
			return errs.Wrap(errs.Unavailable, err, "put the old %s aside", a.Path)
		}
		r.say(n.Name, "%s is not as a stage that ran through has left it; it is now %s", a.Path, filepath.ToSlash(to))
	}
	return nil
}

func (n *Node) persists(path string) bool {
	for _, o := range n.Outs {
		if o.Path == path {
			return o.Persist
		}
	}
	return false
}
