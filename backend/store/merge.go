package store

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"

	"rondo/backend/fault"
	"rondo/backend/ref"
)

const (
	manyPacks = 64      // small packs that are merged into one
	smallPack = 4 << 20 // bytes below which a pack is small
)

// mergeIfMany merges small packs once there are many. What it cannot do now it will do
// the next time.
func (s *Store) mergeIfMany() {
	if s.merging.TryLock() {
		defer s.merging.Unlock()
		if small := s.smallPacks(); len(small) >= manyPacks {
			_ = s.merge(context.Background(), small)
		}
	}
}

func (s *Store) smallPacks() []*pack {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var small []*pack
	for _, p := range s.packs {
		if p.size < smallPack {
			small = append(small, p)
		}
	}
	slices.SortFunc(small, func(a, b *pack) int { return cmp.Compare(a.name, b.name) })
	return small
}

// merge writes what the packs hold into one, and removes them once that is durable. A
// pack with an entry that is damaged stays as it is, for fsck to name. Other processes
// find what they know to be in a pack that is gone by reading the folder again.
func (s *Store) merge(ctx context.Context, packs []*pack) error {
	b := s.Batch()
	defer b.Discard()
	var old []*pack
	for _, p := range packs {
		if b.Size() >= packSize {
			break
		}
		entries, err := s.intact(ctx, p, nil)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if err := b.add(e); err != nil {
				return err
			}
		}
		old = append(old, p)
	}
	if len(old) < 2 {
		return nil
	}
	name, err := b.commit()
	if err != nil {
		return err
	}
	fault.Point("store.merged")
	return s.remove(old, name)
}

// remove takes away packs whose objects are in another, which is kept.
func (s *Store) remove(packs []*pack, kept string) error {
	gone := map[*pack]bool{}
	for i, p := range packs {
		if p.name == kept {
			continue // the new pack has exactly what this one had
		}
		if err := os.Remove(filepath.Join(s.dir, p.name)); err != nil && !os.IsNotExist(err) {
			return err
		}
		gone[p] = true
		if i == len(packs)/2 {
			fault.Point("store.removing")
		}
	}
	s.forget(gone)
	return nil
}

// intact returns the wanted entries of a pack as they are stored, in their order, once
// every byte of all has been verified.
func (s *Store) intact(ctx context.Context, p *pack, wanted func(ref.Digest) bool) ([]prepared, error) {
	path := filepath.Join(s.dir, p.name)
	rows, _, err := readIndex(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := &opener{s: s, p: p, f: f}
	entries := make([]prepared, 0, len(rows))
	for _, r := range rows {
		d, at := r.digest, place{p, r.offset, r.stored, r.form}
		if wanted != nil && !wanted(d) {
			continue
		}
		var buf buffers
		if err := o.verify(d, at, &buf); err != nil || ctx.Err() != nil {
			return nil, cmp.Or(ctx.Err(), err)
		}
		entries = append(entries, prepared{digest: d, stored: buf.raw[:at.stored], form: at.form})
	}
	return entries, nil
}

// verify reads an entry. Of a large object that is its list, not its chunks.
func (o *opener) verify(d ref.Digest, at place, buf *buffers) error {
	content, err := o.content(d, at, buf)
	switch {
	case err != nil:
		return err
	case at.form != listed:
		return sameAs(d, at, content)
	}
	if _, err := decodeList(content); err != nil {
		return corrupt(d, at.pack.name, err.Error())
	}
	return nil
}
