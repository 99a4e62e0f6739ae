package store

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

// FarGarbage is what nothing needs on a remote.
type FarGarbage struct {
	Packs   []string // names of the packs and files that hold it, in order
	Objects int      // that nobody needs
	Bytes   int64    // of these, as stored
	Needed  int      // objects that somebody needs
}

// Needs adds everything that the objects stand on, over there, to a set: themselves and the
// chunks of large ones. An object that is not there whole makes it impossible to tell.
func (f *Far) Needs(ctx context.Context, into *Needed, digests []ref.Digest) error {
	lists, err := f.soundLists(ctx, digests)
	if err != nil {
		return err
	}
	for _, d := range digests {
		if into.add(d); !f.There(d) {
			return f.lost(d)
		}
		for _, c := range lists[d] {
			if into.add(c.digest); !f.There(c.digest) {
				return f.lost(c.digest)
			}
		}
	}
	return nil
}

// NewNeeded is an empty set.
func NewNeeded() *Needed { return newNeeded(0) }

// rewriteShare is how much of a pack must be garbage before what stays of it is written
// into another: 1 / rewriteShare of its bytes.
const rewriteShare = 4

// Garbage looks for what is not needed. Of packs that hold much else it is left.
func (f *Far) Garbage(needed *Needed) (g FarGarbage, err error) { return f.GarbageBut(needed, nil) }

// GarbageBut is Garbage without that in packs and files of these names.
func (f *Far) GarbageBut(needed *Needed, names []string) (g FarGarbage, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, p := range f.packs {
		dead, bytes := f.dead(p, needed)
		g.Needed += len(p.rows) - dead
		damaged := len(f.ill[p.name])
		if dead+damaged == 0 || slices.Contains(names, p.name) || damaged == 0 && dead < len(p.rows) && bytes*rewriteShare < p.size {
			continue
		}
		dead += damaged
		g.Packs = append(g.Packs, p.name)
		g.Objects += dead
		g.Bytes += bytes
	}
	for d, b := range f.whole {
		if needed.Has(d) {
			g.Needed++
			continue
		}
		if slices.Contains(names, b.Name) {
			continue
		}
		g.Packs = append(g.Packs, b.Name)
		g.Objects++
		g.Bytes += b.Size
	}
	for name := range f.bad {
		f.useless(&g, name, names)
	}
	for name, all := range f.ill {
		if d, whole := f.digestOf(name); whole && f.whole[d].Name != name && len(all) > 0 {
			f.useless(&g, name, names)
		}
	}
	slices.Sort(g.Packs)
	return g, nil
}

// useless adds a file of which nothing can be used. What is needed was found elsewhere, or
// nobody would have asked what is not.
func (f *Far) useless(g *FarGarbage, name string, names []string) {
	if !slices.Contains(names, name) {
		g.Packs = append(g.Packs, name)
		g.Objects++
		g.Bytes += f.sizes[name]
	}
}

// dead counts the rows of a pack that are not needed, or are found in another.
func (f *Far) dead(p *pack, needed *Needed) (n int, bytes int64) {
	for i, r := range p.rows {
		if !needed.Has(r.digest) || !f.packed.current(p, i) {
			n++
			bytes += int64(r.stored)
		}
	}
	return n, bytes
}

// Sweep removes packs and files, once what somebody needs of a pack lies in another.
func (f *Far) Sweep(ctx context.Context, needed *Needed, names []string, before func() error) error {
	for _, name := range names {
		if err := cmp.Or(ctx.Err(), before()); err != nil {
			return err
		}
		f.mu.RLock()
		p := f.packs[name]
		f.mu.RUnlock()
		if p != nil {
			if err := f.moveOut(ctx, p, needed); err != nil {
				return err
			}
		}
		fault.Point("store.far-sweeping")
		if err := remote.Again(ctx, func() error { return f.r.Delete(ctx, name) }); err != nil {
			return f.named(err)
		}
	}
	return nil
}

// moveOut sends what is needed of a pack in another, after what lies in others too was read
// there. Every byte of it is verified.
func (f *Far) moveOut(ctx context.Context, p *pack, needed *Needed) error {
	_, doubles := f.foundIn(p, needed)
	if err := f.fetch(ctx, doubles, func(farEntry, []byte, []byte) error { return nil }); err != nil {
		return err
	}
	keep, _ := f.foundIn(p, needed) // now that what is damaged elsewhere is passed over
	c, mu := newCargo(), sync.Mutex{}
	err := f.fetch(ctx, keep, func(e farEntry, raw, _ []byte) error {
		mu.Lock()
		defer mu.Unlock()
		c.add(e.d, raw, e.at.form)
		return nil
	})
	if err != nil || len(c.rows) == 0 {
		return err
	}
	return f.named(f.sendPack(ctx, c))
}

// foundIn divides what is needed of a pack into what is found there, and elsewhere.
func (f *Far) foundIn(p *pack, needed *Needed) (here, elsewhere []ref.Digest) {
	for _, r := range p.rows {
		if !needed.Has(r.digest) {
			continue
		}
		if at, ok := f.entry(r.digest); ok && at.pack.name == p.name {
			here = append(here, r.digest)
		} else {
			elsewhere = append(elsewhere, r.digest)
		}
	}
	return here, elsewhere
}
