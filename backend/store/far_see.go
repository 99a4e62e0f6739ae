package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"rondo/backend/ref"
	"rondo/backend/remote"
)

// sights are the packs and files of a remote of which more is known than that they are listed.
type sights struct {
	wanted map[string]bool // they hold what was asked for
	seen   map[string]bool // they were asked for themselves, and are as long as they are listed
	track  track
}

func newSights() sights { return sights{wanted: map[string]bool{}, seen: map[string]bool{}} }

const atATime = 64 // packs and files that are asked for before progress is told

// want notes in which packs and files the objects are, and their chunks.
func (f *Far) want(digests []ref.Digest, lists map[ref.Digest][]chunk) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range digests {
		f.wantOne(d)
		for _, c := range lists[d] {
			f.wantOne(c.digest)
		}
	}
}

// wantOne is want of one object; the caller holds the lock.
func (f *Far) wantOne(d ref.Digest) {
	name := f.whole[d].Name
	if at, ok := f.packed.get(d); ok {
		name = at.pack.name
	}
	if name != "" && !f.sights.seen[name] {
		f.sights.wanted[name] = true
	}
}

// saw notes that a pack or file is there as it is listed; the caller holds the lock.
func (f *Far) saw(name string) {
	f.sights.seen[name] = true
	delete(f.sights.wanted, name)
}

// See asks for every pack and file that holds what Lacks was asked about, each once as long as f is
// open. It reports whether one is not there, or not as long as it is listed: what was in it then
// counts as not there, unless it has another copy.
func (f *Far) See(ctx context.Context) (lost bool, err error) {
	f.mu.RLock()
	names := slices.Sorted(maps.Keys(f.sights.wanted))
	f.mu.RUnlock()
	f.sights.track.willAsk(len(names))
	missed := false
	for some := range slices.Chunk(names, atATime) {
		not, err := f.ask(ctx, some)
		if err != nil {
			return lost, f.named(err)
		}
		missed = missed || not
		f.sights.track.asked(len(some))
	}
	if !missed {
		return false, nil
	}
	return true, f.blame(ctx)
}

// ask sees which of the packs and files are there, and reports whether any is not.
func (f *Far) ask(ctx context.Context, names []string) (missed bool, err error) {
	var sizes map[string]int64
	err = remote.Again(ctx, func() (err error) {
		sizes, err = f.r.Sizes(ctx, names)
		return err
	})
	if err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		if size, there := sizes[name]; there && size == f.sizes[name] {
			f.saw(name)
			continue
		}
		missed = true
	}
	return missed, nil
}

// blame lists the remote anew: who asks while somebody cleans up there has not been lied to. What is
// still listed, and still not there, is damaged.
func (f *Far) blame(ctx context.Context) error {
	f.mu.Lock()
	names := slices.Sorted(maps.Keys(f.sights.wanted))
	clear(f.sights.wanted)
	for _, name := range names {
		delete(f.sizes, name)
	}
	f.mu.Unlock()
	if err := f.look(ctx); err != nil {
		return err
	}
	sizes, err := f.r.Sizes(ctx, names)
	if err != nil {
		return f.named(err)
	}
	var bad []Damage
	for _, name := range names {
		f.mu.RLock()
		listed, still := f.sizes[name]
		f.mu.RUnlock()
		size, there := sizes[name]
		switch {
		case !still:
			f.forget(name)
		case !there:
			bad = append(bad, Damage{File: name, Reason: notGiven})
		case size != listed:
			bad = append(bad, Damage{File: name, Reason: fmt.Sprintf("the remote lists it with %d bytes, and it has %d", listed, size)})
		default:
			f.mu.Lock()
			f.saw(name)
			f.mu.Unlock()
		}
	}
	f.forsake(bad)
	return nil
}

// forget leaves out a pack or file that somebody has removed.
func (f *Far) forget(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sizes, name)
	delete(f.bad, name)
	if d, whole := f.digestOf(name); whole && f.whole[d].Name == name {
		delete(f.whole, d)
	}
	if p := f.packs[name]; p != nil {
		delete(f.packs, name)
		f.packed = f.packed.without(map[*pack]bool{p: true})
	}
}
