package dvc

import (
	"context"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// sift takes out of what is to be made what the cache lacks. What lies there instead stays.
func (c *checkout) sift(ctx context.Context, w *wanted) error {
	held := w.create[:0:0]
	for _, f := range w.create {
		ok, err := c.p.Cache.Holds(ctx, w.entry.Hash, f.MD5)
		if err != nil {
			return err
		}
		if ok {
			held = append(held, f)
		} else {
			w.lost = append(w.lost, f.Path)
		}
	}
	w.create = held
	w.remove = slices.DeleteFunc(w.remove, func(f metafile.TreeFile) bool { return slices.Contains(w.lost, f.Path) })
	if len(w.lost) > 0 && (c.whole || len(w.create) == 0 || !w.entry.IsDir()) {
		w.remove, w.create = nil, nil
	}
	return nil
}

// one makes an out as it shall be and tells what became of it. A file of a person that lies
// where the folder begins is no folder to put a part into.
func (c *checkout) one(ctx context.Context, w *wanted) error {
	if len(w.lost) > 0 && (len(w.create) == 0 || w.now.sum != "" && !w.now.dir) {
		c.done.Failed = append(c.done.Failed, w.lostWhole(c.whole)...)
		return nil
	}
	if err := c.p.noteLacking(w.at, c.p.lackingOf(w)); err != nil {
		return err
	}
	if err := c.p.checkoutOne(ctx, w); err != nil {
		return err
	}
	if len(w.bad) > 0 {
		if err := c.p.noteLacking(w.at, c.p.lackingOf(w)); err != nil {
			return err
		}
	}
	c.done.Failed, c.done.Damaged = append(c.done.Failed, w.lost...), append(c.done.Damaged, w.bad...)
	list := &c.done.Modified
	if w.now.sum == "" {
		list = &c.done.Added
	}
	*list = append(*list, w.at)
	return nil
}

// lostWhole names what is lost of an out of which nothing comes: all of it, unless a part of
// it lies there.
func (w *wanted) lostWhole(whole bool) []string {
	if whole || !w.now.dir {
		return []string{w.at}
	}
	return w.lost
}

func (c *checkout) failed() error {
	var what []string
	if len(c.done.Failed) > 0 {
		what = append(what, "the cache does not have "+fewOf(c.done.Failed))
	}
	if len(c.done.Damaged) > 0 {
		what = append(what, "damaged in the cache: "+fewOf(c.done.Damaged))
	}
	if len(what) == 0 {
		return nil
	}
	kind, way := errs.NotFound, "bring it from a remote: rondo data fetch"
	if len(c.done.Damaged) > 0 {
		kind, way = errs.Corrupt, "rondo data verify, and then rondo data pull brings it anew from a remote"
	}
	if p := c.partly(); len(p) > 0 {
		way += "; the rest of " + fewOf(p) + " is in the folder"
	}
	return errs.New(kind, "%s", strings.Join(what, "; ")).WithHint("%s", way)
}

// partly are the folders of which some came and some did not.
func (c *checkout) partly() (list []string) {
	for _, w := range c.outs {
		for _, gone := range slices.Concat(c.done.Failed, c.done.Damaged) {
			if path.Clean(gone) != w.at && inside(gone, w.at) {
				list = append(list, w.at)
				break
			}
		}
	}
	return list
}
