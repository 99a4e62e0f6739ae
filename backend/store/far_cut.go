package store

import (
	"context"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"rondo/backend/ref"
)

// cutAtOnce is how many bytes of files are cut before their lists are sent, and with that what
// an interrupted push has to read once more.
const cutAtOnce = 256 << 20

// sendWholes sends objects that are files of their own here: as they are where they are compressed
// or small, else in chunks, so that other versions of them share these over there.
func (f *Far) sendWholes(ctx context.Context, s *Store, digests []ref.Digest, m *Moved) error {
	var some []ref.Digest
	var bytes int64
	for _, d := range digests {
		info, err := s.whole(d)
		if err != nil {
			return err
		}
		if filepath.Ext(info.File) == zst || info.Stored <= Small {
			if err := f.sendFile(ctx, s, d, m); err != nil {
				return err
			}
			continue
		}
		f.track.willCut(info.Stored)
		if some, bytes = append(some, d), bytes+info.Stored; bytes >= cutAtOnce {
			if err := f.sendCut(ctx, s, some, m); err != nil {
				return err
			}
			some, bytes = nil, 0
		}
	}
	return f.sendCut(ctx, s, some, m)
}

// sendCut sends the chunks of objects that are files of their own here, and then their lists.
func (f *Far) sendCut(ctx context.Context, s *Store, digests []ref.Digest, m *Moved) error {
	ship, last := f.shipment(ctx, m), f.shipment(ctx, m)
	lists, seen := make([][]chunk, len(digests)), map[ref.Digest]bool{}
	for i, d := range digests {
		list, err := f.shipChunks(ctx, s, d, ship, seen)
		if err != nil {
			return ship.end(err)
		}
		lists[i] = list
	}
	if err := ship.end(nil); err != nil {
		return err
	}
	for i, d := range digests {
		if err := last.add(d, encodeList(lists[i]), listed); err != nil {
			return last.end(err)
		}
	}
	return last.end(nil)
}

// shipChunks reads the object, which is verified when all is read, and sends what is not
// there of its chunks, and was not seen on the way.
func (f *Far) shipChunks(ctx context.Context, s *Store, d ref.Digest, ship *shipment, seen map[ref.Digest]bool) (list []chunk, err error) {
	r, err := s.openWhole(d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	slabs, cuts := make(chan *slab), cutShipment{f: f, ship: ship, seen: seen}
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
