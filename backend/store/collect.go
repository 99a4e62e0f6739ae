package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/fault"
	"rondo/backend/ref"
)

// Garbage is what a collection finds.
type Garbage struct {
	Objects      int   `json:"objects"`       // that nobody needs
	Bytes        int64 `json:"bytes"`         // on disk
	Waiting      int   `json:"waiting"`       // of these, condemned too short a time ago to be removed
	WaitingBytes int64 `json:"waiting_bytes"` // on disk of those that wait
	Needed       int   `json:"needed"`        // that somebody needs
	Removed      int   `json:"removed"`
	Freed        int64 `json:"freed"` // bytes on disk
}

// Collection says what to collect.
type Collection struct {
	Needed *Needed       // what Reach has found
	Grace  time.Duration // between condemning and removing
	Dry    bool          // only look
	Now    time.Time
	Steps  Steps
}

// Collect condemns the objects that are not needed, and removes those that were
// condemned Grace ago and still are not.
func (s *Store) Collect(ctx context.Context, c Collection) (g Garbage, err error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	if err := s.Reload(); err != nil {
		return g, err
	}
	was, since := s.sentence(), map[ref.Digest]time.Time{}
	ripe := map[ref.Digest]bool{}
	err = s.List(func(i Info) error {
		if c.Needed.Has(i.Digest) {
			g.Needed++
			return ctx.Err()
		}
		at, ok := was[i.Digest]
		if !ok {
			at = c.Now
		}
		since[i.Digest] = at
		g.Objects++
		g.Bytes += i.Stored
		if !at.After(c.Now.Add(-c.Grace)) {
			ripe[i.Digest] = true
		} else {
			g.WaitingBytes += i.Stored
		}
		return ctx.Err()
	})
	g.Waiting = g.Objects - len(ripe)
	if err != nil || c.Dry {
		return g, err
	}
	if err := s.writeCondemned(since); err != nil {
		return g, err
	}
	fault.Point("store.condemned")
	err = errors.Join(s.sweep(ctx, ripe, c, &g), s.reread())
	if err != nil {
		return g, err
	}
	for d := range ripe {
		if !s.Has(d) {
			delete(since, d)
		}
	}
	return g, s.writeCondemned(since)
}

// sweep removes the objects, pack by pack.
func (s *Store) sweep(ctx context.Context, ripe map[ref.Digest]bool, c Collection, g *Garbage) error {
	if len(ripe) == 0 {
		return nil
	}
	for _, p := range s.allPacks() {
		if c.youngPack(filepath.Join(s.dir, p.name)) {
			continue
		}
		if err := s.sweepPack(ctx, p, ripe, c, g); err != nil {
			return err
		}
	}
	for d := range ripe {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := s.whole(d)
		if err != nil {
			continue
		}
		gone, err := s.takeAway(info.File, c.youngWhole)
		if err != nil {
			return err
		}
		if gone {
			g.Removed++
			g.Freed += info.Stored
		}
	}
	return nil
}

// youngPack reports whether a pack may hold what was stored again because the old was condemned.
func (c Collection) youngPack(path string) bool {
	fi, err := os.Stat(path)
	return err != nil || fi.ModTime().After(c.Now.Add(-c.Grace))
}

// youngWhole reports whether an object that is a file of its own may have been linked
// again because the old was condemned.
func (c Collection) youngWhole(path string) bool {
	fi, err := os.Stat(path)
	if err != nil {
		return true
	}
	stamp := StampOf(fi)
	return max(stamp.Mtime, stamp.Ctime) > c.Now.Add(-c.Grace).UnixNano()
}

// sweepPack writes what is still needed of a pack into another and removes it. One that
// is damaged stays as it is.
func (s *Store) sweepPack(ctx context.Context, p *pack, ripe map[ref.Digest]bool, c Collection, g *Garbage) error {
	rows, _, err := readIndex(filepath.Join(s.dir, p.name))
	if err != nil {
		return nil
	}
	dead, bytes := 0, int64(0)
	for _, r := range rows {
		if ripe[r.digest] {
			dead++
			bytes += int64(r.stored)
		}
	}
	if dead == 0 {
		return nil
	}
	c.Steps.expect(int64(len(rows)), 0)
	entries, err := s.intact(ctx, p, func(d ref.Digest) bool { return !ripe[d] })
	if err != nil {
		return ctx.Err()
	}
	b := s.Batch()
	defer b.Discard()
	for _, e := range entries {
		if err := errors.Join(ctx.Err(), b.add(e)); err != nil {
			return err
		}
		c.Steps.Done.Add(1, 0)
	}
	if err := b.Commit(); err != nil {
		return err
	}
	fault.Point("store.swept")
	if gone, err := s.takeAway(p.name, c.youngPack); err != nil || !gone {
		return err
	}
	s.forget(map[*pack]bool{p: true})
	g.Removed += dead
	g.Freed += bytes
	c.Steps.Done.Add(int64(dead), 0)
	return nil
}
