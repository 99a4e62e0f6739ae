package dvc

import (
	"context"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// Checkout says what of the tracked data to bring, and how.
type Checkout struct {
	Selection
	Force bool // overwrite work that the cache does not have
}

// Changes are the paths that a checkout has changed, as `dvc checkout` tells them.
type Changes struct {
	Added    []string `json:"added"`
	Modified []string `json:"modified"`
	Deleted  []string `json:"deleted"`
	Failed   []string `json:"failed,omitempty"`       // the cache does not have them; of a folder, single files
	Damaged  []string `json:"damaged_here,omitempty"` // those that the cache has damaged; they stay as they were, too
}

// Checkout makes the folder as the locks and .dvc files say, out of the cache. Work that
// the cache does not have is not overwritten unless Force says so: then nothing changes.
// What the cache lacks is in Failed, and what lies there instead stays; of a folder, the other
// files are brought.
func (p *Project) Checkout(ctx context.Context, in Checkout) (Changes, error) {
	unlock, err := p.lock()
	if err != nil {
		return Changes{}, err
	}
	defer unlock()
	return p.checkout(ctx, in)
}

// checkout is Checkout under the project's lock.
func (p *Project) checkout(ctx context.Context, in Checkout) (Changes, error) {
	c := &checkout{p: p, in: in}
	if err := c.plan(ctx); err != nil {
		return c.done, err
	}
	if err := c.harmless(ctx); err != nil {
		return c.done, err
	}
	return c.done, c.apply(ctx)
}

// checkout collects what is to be done before it does any of it.
type checkout struct {
	p     *Project
	in    Checkout
	whole bool // a folder comes whole or not at all
	outs  []*wanted
	stale []string // what an earlier checkout brought, and nothing tracks any more
	done  Changes
}

// wanted is one out that is not as it shall be.
type wanted struct {
	tracked
	now    sight
	remove []metafile.TreeFile // by their path in the project
	create []metafile.TreeFile
	lost   []string // what the cache lacks of create, which has only the rest
	bad    []string // what turned out to be damaged in the cache
	exec   bool     // only its mode differs
}

func (c *checkout) plan(ctx context.Context) error {
	list, err := c.p.meant(c.in.Selection)
	if err != nil {
		return err
	}
	if err := c.planOf(ctx, list); err != nil {
		return err
	}
	if len(c.in.Targets) == 0 {
		c.stale, err = c.p.leftovers(ctx)
	}
	return err
}

func (c *checkout) planOf(ctx context.Context, list []tracked) (err error) {
	seen := map[string]bool{}
	for _, o := range list {
		o.entry = c.p.entryOf(o)
		if o.out.NoCache || o.entry.Sum() == "" || seen[o.at] {
			continue
		}
		seen[o.at] = true
		w := &wanted{tracked: o}
		if w.now, err = c.p.look(ctx, o.at, o.entry.Hash); err != nil {
			return err
		}
		if w.now.sum == o.entry.Sum() && (w.now.exec == o.entry.Exec || w.now.dir) {
			if err := o.unknown(w.now.files); err != nil {
				return err
			}
			continue
		}
		files, err := c.p.filesOf(o.entry)
		if errs.Is(err, errs.NotFound) {
			c.done.Failed = append(c.done.Failed, o.at)
			continue
		}
		if errs.Is(err, errs.Corrupt) {
			c.done.Damaged = append(c.done.Damaged, o.at)
			continue
		}
		if err != nil {
			return err
		}
		if err := o.unknown(slices.Concat(files, w.now.files)); err != nil {
			return err
		}
		w.compare(files)
		if err := c.sift(ctx, w); err != nil {
			return err
		}
		if len(w.remove)+len(w.create)+len(w.lost) > 0 || w.exec || w.empty(files) {
			c.outs = append(c.outs, w)
		}
	}
	return nil
}

// empty reports whether a folder that holds nothing is to be made.
func (w *wanted) empty(files []metafile.TreeFile) bool { return len(files) == 0 && w.now.sum == "" }

// filesOf lists the files of an entry; a file is one with an empty path.
func (p *Project) filesOf(e metafile.Entry) ([]metafile.TreeFile, error) {
	if len(e.List) > 0 {
		out := make([]metafile.TreeFile, len(e.List))
		for i, f := range e.List {
			out[i] = metafile.TreeFile{Path: f.Path, MD5: f.MD5, Exec: f.Exec}
		}
		return out, nil
	}
	if strings.HasSuffix(e.MD5, ".dir") {
		return p.Cache.Tree(e.Hash, e.MD5)
	}
	return []metafile.TreeFile{{MD5: e.MD5, Exec: e.Exec}}, nil
}

// compare lists what of that which is asked for is to be removed and made.
func (w *wanted) compare(files []metafile.TreeFile) {
	there := w.now.files
	if !w.now.dir && w.now.sum != "" {
		there = []metafile.TreeFile{{MD5: w.now.sum, Exec: w.now.exec}}
	}
	is, shall := map[string]metafile.TreeFile{}, map[string]metafile.TreeFile{}
	for _, f := range there {
		is[f.Path] = f
	}
	for _, f := range files {
		shall[f.Path] = f
		old, had := is[f.Path]
		switch {
		case !w.wants(f.Path):
		case !had || old.MD5 != f.MD5:
			f.Path = path.Join(w.at, f.Path)
			w.create = append(w.create, f)
		case f.Exec && !old.Exec:
			w.exec = true
		}
	}
	for _, f := range there {
		if s, stays := shall[f.Path]; w.wants(f.Path) && (!stays || s.MD5 != f.MD5) {
			f.Path = path.Join(w.at, f.Path)
			w.remove = append(w.remove, f)
		}
	}
}

// harmless refuses to remove what the cache does not have.
func (c *checkout) harmless(ctx context.Context) error {
	if c.in.Force {
		return nil
	}
	lost, err := c.lost(ctx)
	if err != nil || len(lost) == 0 {
		return err
	}
	return errs.New(errs.Conflict, "the cache does not have what lies at %s, and it would be overwritten", named(lost)).
		WithHint("keep it first (rondo data commit), or say --force")
}

// lost lists what is to be removed and is not in the cache.
func (c *checkout) lost(ctx context.Context) (list []string, err error) {
	for _, w := range c.outs {
		for _, f := range w.remove {
			if ok, err := c.p.Cache.Holds(ctx, w.entry.Hash, f.MD5); err != nil {
				return nil, err
			} else if !ok {
				list = append(list, f.Path)
			}
		}
	}
	return list, nil
}

func (c *checkout) apply(ctx context.Context) error {
	for _, at := range c.stale {
		if err := c.p.root.RemoveAll(at); err != nil {
			return cannotWrite(at, err)
		}
		c.done.Deleted = append(c.done.Deleted, at)
	}
	for _, w := range c.outs {
		if err := c.one(ctx, w); err != nil {
			return err
		}
	}
	c.p.forget()
	if err := c.p.noteLinks(); err != nil {
		return err
	}
	return c.failed()
}

// checkoutOne makes one out as it shall be, as far as it can be had.
func (p *Project) checkoutOne(ctx context.Context, w *wanted) error {
	p.brought[w.at] = true
	made := map[string]bool{}
	for _, f := range w.create {
		made[f.Path] = true
	}
	for _, f := range w.remove {
		if !made[f.Path] || w.now.dir != w.entry.IsDir() {
			if err := p.root.Remove(f.Path); err != nil && !missing(err) {
				return cannotWrite(f.Path, err)
			}
		}
	}
	if err := p.shape(w); err != nil {
		return err
	}
	for _, f := range w.create {
		err := p.bring(ctx, w.entry.Hash, f.MD5, f.Path, f.Exec || w.entry.Exec && f.Path == w.at)
		if errs.Is(err, errs.Corrupt) && w.entry.IsDir() {
			w.bad = append(w.bad, f.Path)
		} else if err != nil {
			return err
		}
	}
	if w.exec {
		if info, err := p.root.Stat(w.at); err == nil {
			return p.root.Chmod(w.at, info.Mode().Perm()|0o100)
		}
	}
	return nil
}

// shape removes folders that are empty now, and makes the out's own.
func (p *Project) shape(w *wanted) error {
	for _, f := range w.remove {
		for dir := path.Dir(f.Path); inside(dir, w.at); dir = path.Dir(dir) {
			if p.root.Remove(dir) != nil {
				break // it holds something
			}
		}
	}
	info, err := p.root.Stat(w.at)
	if err == nil && info.IsDir() && !w.entry.IsDir() {
		if err := p.root.Remove(w.at); err != nil {
			return cannotWrite(w.at, err)
		}
	}
	if w.entry.IsDir() {
		if err := p.root.MkdirAll(w.at, 0o755); err != nil {
			return cannotWrite(w.at, err)
		}
	}
	return nil
}
