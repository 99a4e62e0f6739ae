package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

const (
	cargoSize = 16 << 20 // bytes of a pack that is sent: what a cut connection costs at most, some times over
	senders   = 4
)

// Send copies what the remote lacks of the digests there, and sees that it has arrived.
// What an interrupted transfer has brought stays, and the next one goes on from there.
func (f *Far) Send(ctx context.Context, s *Store, digests []ref.Digest) (m Moved, err error) {
	parts, lists, files, err := f.lacking(ctx, s, digests, &m)
	if err != nil {
		return m, err
	}
	f.track.willMove(parts, s.entry)
	f.track.willMove(lists, s.entry)
	for _, wave := range [][]ref.Digest{parts, lists} { // no list before its chunks
		if err := f.sendPacks(ctx, s, wave, &m); err != nil {
			return m, err
		}
	}
	for _, d := range files {
		if err := f.sendWhole(ctx, s, d, &m); err != nil {
			return m, err
		}
	}
	return m, nil
}

// sendWhole sends an object that is a file of its own: as it is where it is compressed or
// small, else in chunks, so that other versions of it share them over there.
func (f *Far) sendWhole(ctx context.Context, s *Store, d ref.Digest, m *Moved) error {
	info, err := s.whole(d)
	if err != nil {
		return err
	}
	if filepath.Ext(info.File) == zst || info.Stored <= Small {
		return f.sendFile(ctx, s, d, m)
	}
	f.track.willCut(info.Stored)
	return f.sendCut(ctx, s, d, m)
}

// lacking returns what the remote does not have: small objects and chunks, lists, and
// objects that are files of their own here.
func (f *Far) lacking(ctx context.Context, s *Store, digests []ref.Digest, m *Moved) (parts, lists, files []ref.Digest, err error) {
	theirs, err := f.lists(ctx, digests)
	if err != nil {
		return nil, nil, nil, err
	}
	seen := map[ref.Digest]bool{}
	for _, d := range digests {
		if seen[d] {
			continue
		}
		seen[d] = true
		list, there := theirs[d], f.There(d)
		if there && f.all(list) {
			m.Present++
			continue
		}
		at, packed := s.entry(d)
		switch {
		case packed && at.form == listed:
			ours, err := s.chunks(d)
			if err != nil {
				return nil, nil, nil, err
			}
			for _, c := range ours {
				if !seen[c.digest] && !f.There(c.digest) {
					parts = append(parts, c.digest)
				}
				seen[c.digest] = true
			}
			lists = append(lists, d) // also where theirs names chunks that are lost
		case packed:
			parts = append(parts, d)
		default:
			files = append(files, d)
		}
	}
	return parts, lists, files, nil
}

func (f *Far) all(list []chunk) bool {
	for _, c := range list {
		if !f.There(c.digest) {
			return false
		}
	}
	return true
}

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
	return cmpErr(p.g.Wait(), err)
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
			if err := cuts.slab(one); err != nil {
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
func (c *cutShipment) slab(one *slab) error {
	c.cut(one)
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

func cmpErr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// sendPack stores a pack and sees that it is there.
func (f *Far) sendPack(ctx context.Context, c *cargo) error {
	sum, end := c.seal()
	name := path.Join(f.under, packsDir, sum+packExt)
	f.mu.RLock()
	_, damaged := f.bad[name]
	f.mu.RUnlock()
	err := f.again(ctx, func() error {
		content := remote.Content(c.b.Bytes())
		if damaged {
			return f.r.Replace(ctx, name, content)
		}
		_, err := f.r.Put(ctx, name, content)
		return err
	})
	if err == nil {
		err = f.arrived(ctx, name, remote.Content(c.b.Bytes()))
	}
	if err != nil {
		return err
	}
	fault.Point("store.sent")
	f.remember(sum, c.b.Bytes()[end:])
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep(&pack{name, int64(c.b.Len()), c.rows})
	return nil
}

// arrived sees that a blob is there: by its length where the other side itself refuses
// what arrives damaged, else to the last byte.
func (f *Far) arrived(ctx context.Context, name string, want *io.SectionReader) error {
	sizes, err := f.r.Sizes(ctx, []string{name})
	if err != nil {
		return err
	}
	if n, ok := sizes[name]; !ok || n != want.Size() {
		return liar(name, "it said that it was stored, and it is not there")
	}
	if f.r.Checks() {
		return nil
	}
	r, err := f.r.Get(ctx, name, 0, want.Size())
	if err != nil {
		return err
	}
	defer r.Close()
	if !same(readerCtx{ctx, r}, want) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return liar(name, "it is not what was sent")
	}
	return nil
}

func same(got io.Reader, want io.Reader) bool {
	a, b := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(want, b)
		m, _ := io.ReadFull(got, a[:n])
		if m != n || !bytes.Equal(a[:n], b[:n]) {
			return false
		}
		if err != nil {
			return err == io.EOF || err == io.ErrUnexpectedEOF
		}
	}
}

func liar(name, what string) error {
	return errs.New(errs.Corrupt, "%s does not give back what was written to it: %s", name, what).
		WithHint("see whether its disk is well, then do the same again: only what is missing is copied")
}

// sendFile sends an object that is a file of its own.
func (f *Far) sendFile(ctx context.Context, s *Store, d ref.Digest, m *Moved) error {
	info, err := s.whole(d)
	if err == nil {
		err = s.verifyOne(ctx, d)
	}
	if err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(s.dir, info.File))
	if err != nil {
		return err
	}
	defer file.Close()
	name := path.Join(f.under, filepath.ToSlash(info.File))
	err = f.again(ctx, func() error {
		_, err := f.r.Put(ctx, name, io.NewSectionReader(file, 0, info.Stored))
		return err
	})
	if err == nil {
		err = f.arrived(ctx, name, io.NewSectionReader(file, 0, info.Stored))
	}
	if err != nil {
		return f.named(err)
	}
	m.Objects++
	m.Bytes += info.Stored
	f.mu.Lock()
	defer f.mu.Unlock()
	f.whole[d] = remote.Blob{Name: name, Size: info.Stored}
	return nil
}
