package pipeline

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// restore brings outs back from the store instead of running the stage: those of the
// lock where only outs are not as they were, or those that the same command made of
// the same deps and params at another time.
func (r *runner) restore(ctx context.Context, n *Node, old LockStage, s seen, res *StageResult) (bool, error) {
	if n.AlwaysChanged || len(s.missing) > 0 || slices.ContainsFunc(n.Outs, func(o project.Out) bool { return o.Persist }) {
		return false, nil
	}
	outs, ok := fromLock(old.Outs), s.outOnly
	if !ok {
		outs, ok = r.recall(n, res)
	}
	if !ok || !n.makes(outs) || !r.stored(outs) {
		return false, nil
	}
	if err := r.bringBack(ctx, n, s.outs, outs); err != nil {
		return false, err
	}
	fault.Point("pipeline.restored")
	res.State, res.Outs = Restored, outs
	r.say(n.Name, "restored from the store: %s", because(res.Reasons))
	if err := r.keep(ctx, nil, s.deps); err != nil {
		return false, err
	}
	return true, r.record(n, res)
}

// makes says whether outs are those that the stage declares now.
func (n *Node) makes(outs []Artifact) bool {
	if len(outs) != len(n.Outs) || len(outs) == 0 {
		return false
	}
	have := byPath(outs)
	for _, o := range n.Outs {
		if _, ok := have[o.Path]; !ok {
			return false
		}
	}
	return true
}

func (r *runner) stored(outs []Artifact) bool {
	for _, a := range outs {
		if !r.store.Has(a.Digest) {
			return false
		}
	}
	return true
}

// bringBack replaces what is not as it was.
func (r *runner) bringBack(ctx context.Context, n *Node, there, outs []Artifact) error {
	root, err := os.OpenRoot(r.plan.Project)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "open the project folder")
	}
	defer root.Close()
	now := byPath(there)
	for _, a := range outs {
		old, ok := now[a.Path]
		if ok && old.Digest == a.Digest {
			continue
		}
		if ok {
			if err := r.putAside(root, n, []Artifact{old}); err != nil {
				return err
			}
		}
		if err := checkout(ctx, r.store, r.plan.Project, a); err != nil {
			return err
		}
	}
	return nil
}

// runKey is the digest of all that decides what a stage makes, as far as it says so.
func runKey(n *Node, res *StageResult) ref.Digest {
	key := struct {
		Cmd    []string
		Wdir   string
		Deps   []LockArtifact
		Params map[string]string
		Outs   []string
	}{n.Cmd, n.Wdir, toLock(res.Deps), res.Params, nil}
	for _, o := range n.Outs {
		key.Outs = append(key.Outs, o.Path)
	}
	slices.Sort(key.Outs)
	b, err := json.Marshal(key)
	if err != nil {
		return ref.Zero // text always encodes
	}
	return ref.Of(append([]byte("rondo stage 1\n"), b...))
}

func (r *runner) runFile(n *Node, res *StageResult) string {
	key := runKey(n, res).String()
	return filepath.Join(r.plan.Cache, key[:2], key+".json")
}

// remember notes what a stage made. The note is this device's; without it the stage
// runs once more.
func (r *runner) remember(n *Node, res *StageResult) {
	if r.plan.Cache == "" {
		return
	}
	if b, err := json.Marshal(res.Outs); err == nil {
		_ = atomicfile.WriteFile(r.runFile(n, res), b, 0o600)
	}
}

const maxNote = 16 << 20 // bytes

func (r *runner) recall(n *Node, res *StageResult) (outs []Artifact, ok bool) {
	if r.plan.Cache == "" {
		return nil, false
	}
	path := r.runFile(n, res)
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxNote {
		return nil, false
	}
	b, err := os.ReadFile(path)
	return outs, err == nil && json.Unmarshal(b, &outs) == nil
}

// checkout writes an artifact from the store to its place in dir.
func checkout(ctx context.Context, s *store.Store, dir string, a Artifact) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "open the folder %s", dir)
	}
	defer root.Close()
	name := filepath.FromSlash(a.Path)
	if err := root.RemoveAll(name); err != nil {
		return errs.Wrap(errs.Unavailable, err, "remove the old %s", a.Path)
	}
	if parent := filepath.Dir(name); parent != "." {
		if err := root.MkdirAll(parent, 0o755); err != nil {
			return errs.Wrap(errs.Unavailable, err, "make the folder of %s", a.Path)
		}
	}
	to, err := placeOf(dir, name)
	if err != nil {
		return err
	}
	if a.Tree {
		return s.CheckoutTree(ctx, a.Digest, to)
	}
	perm := os.FileMode(0o644)
	if a.Exec {
		perm = 0o755
	}
	own := filepath.Dir(to)
	if _, err := root.Stat(project.PrivateDir); err == nil {
		own = filepath.Join(dir, project.TemporaryDir)
	}
	return s.CheckoutBy(ctx, a.Digest, own, to, perm)
}

// placeOf is where name lies when the links above it are followed; never outside dir.
func placeOf(dir, name string) (string, error) {
	base, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	parent, err := filepath.EvalSymlinks(filepath.Join(base, filepath.Dir(name)))
	if err != nil {
		return "", err
	}
	if parent != base && !strings.HasPrefix(parent, base+string(filepath.Separator)) {
		return "", errs.New(errs.Denied, "%s is behind a link that leads out of the project", filepath.ToSlash(name)).WithHint("put the folder itself there")
	}
	return filepath.Join(parent, filepath.Base(name)), nil
}
