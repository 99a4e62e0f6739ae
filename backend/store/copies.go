package store

import (
	"context"
	"iter"
	"os"
	"path/filepath"

	"rondo/backend/ref"
)

// HealByCopies has damaged objects looked for where another pack holds them and they are sound,
// drops the damaged copies, and returns the objects that are intact now.
func (s *Store) HealByCopies(ctx context.Context, damaged iter.Seq[ref.Digest]) (map[ref.Digest]bool, error) {
	left, healed := map[ref.Digest]bool{}, map[ref.Digest]bool{}
	for d := range damaged {
		left[d] = true
	}
	if len(left) == 0 {
		return healed, nil
	}
	for _, p := range s.allPacks() {
		for _, i := range s.soundIn(ctx, p, left) {
			d := p.rows[i].digest
			s.mu.Lock()
			s.packed.prefer(p, i)
			s.mu.Unlock()
			delete(left, d)
			healed[d] = true
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return healed, s.drop(ctx, healed)
}

// soundIn are the rows of a pack that hold some objects and are sound.
func (s *Store) soundIn(ctx context.Context, p *pack, some map[ref.Digest]bool) (rows []int) {
	var o *opener
	for i, r := range p.rows {
		if !some[r.digest] || ctx.Err() != nil {
			continue
		}
		if o == nil {
			f, err := os.Open(filepath.Join(s.dir, p.name))
			if err != nil {
				return nil
			}
			defer f.Close()
			o = &opener{s: s, p: p, f: f}
		}
		if o.verify(r.digest, place{p, r.offset, r.stored, r.form}, &buffers{}) == nil {
			rows = append(rows, i)
		}
	}
	return rows
}
