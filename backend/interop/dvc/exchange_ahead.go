package dvc

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/remote"
)

// Outs are moved one after the other, and each tells what it lacks. What many of them need is
// moved ahead of that, side by side, and nothing is asked of a remote twice.

// ahead is what an exchange knows by now. It may be used concurrently.
type ahead struct {
	mu     sync.Mutex
	seen   map[far]map[string]seen
	moved  map[cache.Object]int64 // bytes of what was moved, and that no out has told of
	failed map[cache.Object]error // what was not there or damaged
}

// seen is what a remote has of an object.
type seen struct {
	size  int64
	there bool
}

func newAhead() *ahead {
	return &ahead{seen: map[far]map[string]seen{}, moved: map[cache.Object]int64{}, failed: map[cache.Object]error{}}
}

// look finds the sizes of objects in a remote, of which it asks for those that were not looked for yet.
func (a *ahead) look(ctx context.Context, f far, names []string) (map[string]int64, error) {
	a.mu.Lock()
	if a.seen[f] == nil {
		a.seen[f] = map[string]seen{}
	}
	known := a.seen[f]
	asked := slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, is := known[name]; return is })
	a.mu.Unlock()
	sizes, err := lookFar(ctx, f, asked)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range asked {
		size, there := sizes[name]
		known[name] = seen{size, there}
	}
	there := map[string]int64{}
	for _, name := range names {
		if known[name].there {
			there[name] = known[name].size
		}
	}
	return there, nil
}

// lookFar finds the sizes of objects in a remote by as few questions as can be.
func lookFar(ctx context.Context, f far, names []string) (map[string]int64, error) {
	if r, is := f.(remote.Remote); is {
		return remote.Look(ctx, r, names)
	}
	return f.Sizes(ctx, names)
}

// note keeps what came of moving an object: that it is there now, or not to be had. Any other
// failure is given back.
func (a *ahead) note(f far, o cache.Object, n int64, err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case errs.Is(err, errs.NotFound) || errs.Is(err, errs.Corrupt):
		a.failed[o] = err
		return nil
	case err == nil:
		a.moved[o] = n
		a.saw(f, o, n)
	}
	return err
}

// sent keeps that an object was put where it was not.
func (a *ahead) sent(f far, o cache.Object, n int64, err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.saw(f, o, n)
	}
	return err
}

// saw is called with the lock held.
func (a *ahead) saw(f far, o cache.Object, n int64) {
	if names := a.seen[f]; names != nil {
		names[farName(o.Hash, o.MD5)] = seen{n, true}
	}
}

// told takes what came of moving an object; an out tells of what was moved, and any of what failed.
func (a *ahead) told(o cache.Object) (n int64, moved bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, moved = a.moved[o]
	delete(a.moved, o)
	return n, moved, a.failed[o]
}

// movedAhead reports whether anything of an out was moved ahead of it.
func (x *exchanging) movedAhead(o tracked) bool {
	x.ahead.mu.Lock()
	any := len(x.ahead.moved)+len(x.ahead.failed) > 0
	x.ahead.mu.Unlock()
	if !any {
		return false
	}
	all := append(x.filesBelow([]tracked{o}), topOfOut(o))
	x.ahead.mu.Lock()
	defer x.ahead.mu.Unlock()
	return slices.ContainsFunc(all, func(o cache.Object) bool { _, moved := x.ahead.moved[o]; return moved || x.ahead.failed[o] != nil })
}

// forward moves what the outs need.
func (x *exchanging) forward(ctx context.Context, list []tracked) error {
	by, err := x.plain(ctx, list)
	if err != nil {
		return err
	}
	for f, outs := range by {
		move := x.pushForward
		if x.bring {
			move = x.fetchForward
		}
		if err := move(ctx, f, outs); err != nil {
			return err
		}
	}
	return nil
}

// plain are the outs whose objects a remote has under their own names, by that remote. Why one
// cannot be opened the first of its outs tells.
func (x *exchanging) plain(ctx context.Context, list []tracked) (map[far][]tracked, error) {
	by := map[far][]tracked{}
	for _, o := range list {
		if x.passesOver(o) || o.entry.MD5 == "" || x.p.importOf(o) != nil {
			continue
		}
		if _, has, err := x.p.has(ctx, o); x.bring && (has || err != nil) {
			continue
		}
		f, err := x.farOf(ctx, o)
		switch {
		case err != nil && f != nil:
			return nil, err
		case err != nil:
			x.untold[x.remoteOf(o)] = err
		case f != nil:
			if _, versions := f.(*versions); !versions {
				by[f] = append(by[f], o)
			}
		}
	}
	return by, nil
}

func topOfOut(o tracked) cache.Object { return cache.Object{Hash: o.entry.Hash, MD5: o.entry.Sum()} }

// filesBelow are the objects of those outs that are folders, as far as their lists are here.
func (x *exchanging) filesBelow(outs []tracked) []cache.Object {
	all := map[cache.Object]bool{}
	for _, o := range outs {
		if !strings.HasSuffix(o.entry.MD5, ".dir") {
			continue
		}
		if files, err := x.p.asked(o); err == nil {
			for _, one := range objectsOf(o.entry.Hash, files) {
				all[one] = true
			}
		}
	}
	return slices.Collect(maps.Keys(all))
}

// tops are what outs are named after: files, or lists of folders.
func tops(outs []tracked, lists bool) []cache.Object {
	all := map[cache.Object]bool{}
	for _, o := range outs {
		if strings.HasSuffix(o.entry.MD5, ".dir") == lists {
			all[topOfOut(o)] = true
		}
	}
	return slices.Collect(maps.Keys(all))
}

// fetchForward brings files and lists, and then what the lists name.
func (x *exchanging) fetchForward(ctx context.Context, f far, outs []tracked) error {
	bring := func(all []cache.Object) error {
		lacks, err := x.p.lacks(ctx, all)
		if err != nil {
			return err
		}
		countOf(ctx).expect(len(lacks))
		return each(ctx, lacks, func(o cache.Object) error {
			n, err := x.p.fetchOne(ctx, f, o)
			return x.ahead.note(f, o, n, err)
		})
	}
	if err := bring(slices.Concat(tops(outs, false), tops(outs, true))); err != nil {
		return err
	}
	return bring(x.filesBelow(outs))
}

// lacks are those of the objects that the cache has not, or not whole.
func (p *Project) lacks(ctx context.Context, all []cache.Object) (lacks []cache.Object, err error) {
	var mu sync.Mutex
	err = each(ctx, all, func(o cache.Object) error {
		ok, err := p.Cache.Holds(ctx, o.Hash, o.MD5)
		mu.Lock()
		defer mu.Unlock()
		if !ok {
			lacks = append(lacks, o)
		}
		return err
	})
	return lacks, err
}

// pushForward sends files, and then the lists of folders of which all files are there.
func (x *exchanging) pushForward(ctx context.Context, f far, outs []tracked) error {
	files := slices.Concat(tops(outs, false), x.filesBelow(outs))
	if err := x.sendForward(ctx, f, files); err != nil {
		return err
	}
	whole := slices.DeleteFunc(slices.Clone(outs), func(o tracked) bool {
		return len(o.parts) > 0 || x.ahead.hasFailed(x.filesBelow([]tracked{o}))
	})
	return x.sendForward(ctx, f, tops(whole, true))
}

func (a *ahead) hasFailed(all []cache.Object) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(all, func(o cache.Object) bool { return a.failed[o] != nil })
}

func (x *exchanging) sendForward(ctx context.Context, f far, all []cache.Object) error {
	names := make([]string, len(all))
	for i, o := range all {
		names[i] = farName(o.Hash, o.MD5)
	}
	there, err := x.ahead.look(ctx, f, names)
	if err != nil {
		return err
	}
	lacks := slices.DeleteFunc(slices.Clone(all), func(o cache.Object) bool { _, is := there[farName(o.Hash, o.MD5)]; return is })
	countOf(ctx).expect(len(lacks))
	return each(ctx, lacks, func(o cache.Object) error {
		n, err := x.p.pushOne(ctx, f, o)
		return x.ahead.note(f, o, n, err)
	})
}
