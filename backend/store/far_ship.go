package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"path"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

// cargo is a pack that is being filled in memory.
type cargo struct {
	b    bytes.Buffer
	rows []row
	row  []byte // the index
}

func newCargo() *cargo {
	c := &cargo{}
	c.b.WriteString(packMagic)
	return c
}

func (c *cargo) add(d ref.Digest, stored []byte, form form) {
	at := row{d, int64(c.b.Len()), uint32(len(stored)), form}
	c.rows = append(c.rows, at)
	c.b.Write(stored)
	c.row = append(c.row, d[:]...)
	c.row = binary.BigEndian.AppendUint64(c.row, uint64(at.offset))
	c.row = binary.BigEndian.AppendUint64(c.row, uint64(at.stored))
	c.row = append(c.row, byte(form))
}

// seal ends the pack and returns its name and where its index begins.
func (c *cargo) seal() (name string, end int) {
	end = c.b.Len()
	sum := ref.Of(c.row)
	_ = writeEnd(&c.b, int64(end), c.row, sum) // which into memory cannot fail
	return sum.String(), end
}

// shipment sends packs, some at a time, while the next is filled.
type shipment struct {
	f   *Far
	ctx context.Context
	g   *errgroup.Group
	mu  sync.Mutex
	m   *Moved
	c   *cargo
}

func (f *Far) shipment(ctx context.Context, m *Moved) *shipment {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(senders)
	return &shipment{f: f, ctx: ctx, g: g, m: m, c: newCargo()}
}

// add takes an object along. What has failed so far shows as a context that is done.
func (p *shipment) add(d ref.Digest, stored []byte, form form) error {
	p.c.add(d, stored, form)
	if p.c.b.Len() >= cargoSize {
		p.send()
	}
	return p.ctx.Err()
}

func (p *shipment) send() {
	c := p.c
	p.c = newCargo()
	p.g.Go(func() error {
		if err := p.f.sendPack(p.ctx, c); err != nil {
			return p.f.named(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.m.Objects += len(c.rows)
		p.m.Bytes += int64(c.b.Len())
		p.f.track.done.Add(int64(len(c.rows)), int64(c.b.Len()))
		return nil
	})
}

// end sends the rest and waits; a failure before that, which was not of sending, is given.
func (p *shipment) end(err error) error {
	if err == nil && len(p.c.rows) > 0 {
		p.send()
	}
	return cmp.Or(p.g.Wait(), err)
}

// sendPacks sends objects in packs.
func (f *Far) sendPacks(ctx context.Context, s *Store, digests []ref.Digest, m *Moved) error {
	ship := f.shipment(ctx, m)
	o := opener{s: s}
	defer o.close()
	var buf buffers
	for _, span := range s.spans(digests) {
		for _, one := range span {
			d := digests[one.i]
			if one.at.pack == nil {
				return ship.end(errs.New(errs.NotFound, "object %s is not in this project", d.Short()).WithHint("`rondo data verify` names what is missing"))
			}
			err := o.verify(d, one.at, &buf)
			if err == nil {
				err = ship.add(d, buf.raw[:one.at.stored], one.at.form)
			}
			if err != nil {
				return ship.end(err)
			}
		}
	}
	return ship.end(nil)
}

// sendPack stores a pack and sees that it is there.
func (f *Far) sendPack(ctx context.Context, c *cargo) error {
	sum, end := c.seal()
	name := path.Join(f.under, packsDir, sum+packExt)
	if err := f.store(ctx, name, remote.Content(c.b.Bytes())); err != nil {
		return err
	}
	fault.Point("store.sent")
	f.remember(sum, c.b.Bytes()[end:])
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep(&pack{name, int64(c.b.Len()), c.rows})
	f.saw(name)
	return nil
}
