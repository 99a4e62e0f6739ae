package store

import (
	"context"

	"golang.org/x/sync/errgroup"

	"rondo/backend/ref"
)

// sendCut sends the chunks of an object that is a file of its own here, and then the list.
func (f *Far) sendCut(ctx context.Context, s *Store, d ref.Digest, m *Moved) error {
	ship := f.shipment(ctx, m)
	list, err := f.shipChunks(ctx, s, d, ship)
	if err = ship.end(err); err != nil {
		return err
	}
	last := f.shipment(ctx, m)
	return last.end(last.add(d, encodeList(list), listed))
}

// shipChunks reads the object, which is verified when all is read, and sends what is not
// there of its chunks.
func (f *Far) shipChunks(ctx context.Context, s *Store, d ref.Digest, ship *shipment) (list []chunk, err error) {
	r, err := s.openWhole(d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	slabs, cuts := make(chan *slab), cutShipment{f: f, ship: ship, seen: map[ref.Digest]bool{}}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return readSlabs(ctx, r, slabs) })
	g.Go(func() error {
		for one := range slabs {
			if err := cuts.slab(ctx, one); err != nil {
				return err
			}
			one.release()
		}
		return nil
	})
	err = g.Wait()
	return cuts.list, err
}

// cutShipment cuts an object while it is sent.
type cutShipment struct {
	cutter
	f    *Far
	ship *shipment
	seen map[ref.Digest]bool
	list []chunk
}

// slab sends what is not there of its chunks.
func (c *cutShipment) slab(ctx context.Context, one *slab) error {
	if err := c.cut(ctx, one); err != nil {
		return err
	}
	digests := make([]ref.Digest, len(one.parts))
	ref.OfAll(one.parts, digests)
	for i, part := range one.parts {
		p := prepared{digest: digests[i], stored: part}
		c.list = append(c.list, chunk{p.digest, uint32(len(part))})
		if c.seen[p.digest] || c.f.There(p.digest) {
			continue
		}
		c.seen[p.digest] = true
		if c.by != nil {
			p.squeeze(c.by)
		}
		if err := c.ship.add(p.digest, p.stored, p.form); err != nil {
			return err
		}
	}
	return nil
}
