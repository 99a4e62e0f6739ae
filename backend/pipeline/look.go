package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/folder"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// eyes look at files of one project and remember what has not changed since.
type eyes struct {
	dir    string
	now    func() time.Time
	memory string // the file that glances are kept in between processes; none if empty
	texts  project.ParamsReader

	mu      sync.Mutex
	known   map[string]glance // by the file's place on the disk; behind doubted, what is not believed
	lost    map[string]bool   // places of files that were read, and have lost what they held
	made    map[string]bool   // places of outs that stages were run for
	fresh   bool              // there are glances that memory does not hold
	learned store.Stamp       // of memory, when it was read

	past sync.Map // the Lock of a commit
}

type glance struct {
	stamp  store.Stamp
	digest ref.Digest
}

func newEyes(dir, memory string, now func() time.Time) *eyes {
	e := &eyes{dir: dir, now: now, memory: memory, known: map[string]glance{}, lost: map[string]bool{}, made: map[string]bool{}}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		e.dir = real
	}
	e.learn()
	return e
}

// errGone is a file or folder that is not there.
var errGone = errs.New(errs.NotFound, "it is not there")

// look returns what lies at a path; errGone where nothing does. Links that lead out
// of the project are not followed.
func (e *eyes) look(ctx context.Context, p string) (Artifact, error) {
	full, err := e.resolve(p)
	if err != nil {
		return Artifact{}, err
	}
	info, err := os.Stat(full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Artifact{}, errGone
	case err != nil:
		return Artifact{}, errs.Wrap(errs.Unavailable, err, "look at %s", p)
	case info.IsDir():
		return e.folder(ctx, p, full)
	case !info.Mode().IsRegular():
		return Artifact{}, errs.New(errs.Invalid, "%s is neither a file nor a folder", p).
			WithHint("pipes, sockets and devices hold nothing that can be kept: move it away")
	}
	d, err := e.file(ctx, full, store.StampOf(info))
	return Artifact{Path: p, Digest: d, Size: info.Size(), Exec: info.Mode()&0o111 != 0}, unreadable(err, p)
}

func (e *eyes) folder(ctx context.Context, p, full string) (Artifact, error) {
	rules, err := e.rules(full)
	if err != nil {
		return Artifact{}, err
	}
	tree, err := (&store.Store{}).TreeOf(ctx, full, e.digests(ctx), rules)
	if err != nil {
		return Artifact{}, unreadable(err, p)
	}
	d, err := store.DigestOf(tree)
	return Artifact{Path: p, Digest: d, Size: tree.Size(), Tree: true}, err
}

// rules are those of .rondoignore for a folder of the project: what a snapshot leaves out of it is no
// dep of a stage either, so that both know the folder by one digest.
func (e *eyes) rules(full string) (*folder.Rules, error) {
	at, err := filepath.Rel(e.dir, full)
	if err != nil || at == "." {
		return nil, err
	}
	top, err := os.OpenRoot(e.dir)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "open the project folder")
	}
	defer top.Close()
	return folder.RulesAbove(top, filepath.ToSlash(at))
}

func unreadable(err error, p string) error {
	if err == nil || errs.KindOf(err) != errs.Internal || errors.Is(err, context.Canceled) {
		return err
	}
	return errs.Wrap(errs.Unavailable, err, "read %s", p)
}

// digests is a store.Known that reads what is not known yet, and remembers it.
func (e *eyes) digests(ctx context.Context) store.Known {
	return func(full string, stamp store.Stamp) (ref.Digest, bool) {
		d, err := e.file(ctx, full, stamp)
		return d, err == nil
	}
}

// resolve follows links and insists that the end of them is inside the project.
func (e *eyes) resolve(p string) (string, error) {
	full, err := filepath.EvalSymlinks(filepath.Join(e.dir, filepath.FromSlash(p)))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotFolder) {
		return "", errGone
	}
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "look at %s", p)
	}
	if rel, err := filepath.Rel(e.dir, full); err != nil || !filepath.IsLocal(rel) {
		return "", errs.New(errs.Denied, "%s is a link that leads out of the project", p).WithHint("put the file itself there")
	}
	return full, nil
}

func (e *eyes) file(ctx context.Context, full string, stamp store.Stamp) (ref.Digest, error) {
	e.mu.Lock()
	g, ok := e.known[full]
	e.mu.Unlock()
	if ok && g.stamp == stamp {
		return g.digest, nil
	}
	began := e.now()
	d, _, err := store.HashFile(ctx, full)
	if err == nil {
		e.note(full, glance{stamp, d}, began)
	}
	return d, err
}
