package store

import (
	"context"
	"hash"
	"io"
	"math"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// putLarge cuts content into chunks and adds them and their list. Reading, cutting, hashing
// and writing go on side by side. The object named before is the one that the content
// shares most with, such as a file's former version; Zero where there is none.
func (p *packer) putLarge(ctx context.Context, r io.Reader, before ref.Digest) (ref.Digest, int64, error) {
	c := &cutter{p: p, whole: ref.NewHash(), former: p.s.former(before)}
	read, cut, hashed := make(chan *slab), make(chan *slab), make(chan *slab)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return readSlabs(ctx, readerCtx{ctx, r}, read) })
	g.Go(func() error { return pass(ctx, read, cut, c.cut) })
	g.Go(func() error { return pass(ctx, cut, hashed, c.hash) })
	g.Go(func() error {
		for one := range hashed {
			if err := c.add(one); err != nil {
				return err
			}
			one.release()
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return ref.Zero, c.size, err
	}
	d, err := c.end()
	return d, c.size, err
}

// cutter turns slabs into chunks. Each of its steps is done by one goroutine.
type cutter struct {
	p       *packer
	former  *former
	size    int64
	rest    []byte // of the last slab, in no chunk yet
	decided bool
	by      codec // nil: chunks are kept as they are

	whole hash.Hash
	chain ref.Digest    // of the chunks so far
	apart atomic.Bool   // no content that was hashed before began with these chunks
	ended chan struct{} // closed when the slab that was cut last is in whole
	told  hash.Hash     // whole with that slab, where it was told while it was cut

	chunks []chunk
}

// cut finds the chunks of a slab: first those that the former version has in this place.
func (c *cutter) cut(ctx context.Context, one *slab) error {
	if !c.decided {
		c.decided, c.by = true, gains(one.b[maxChunk:maxChunk+one.n])
	}
	start := maxChunk - len(c.rest)
	copy(one.b[start:], c.rest)
	at, b := c.size-int64(len(c.rest)), one.b[start:maxChunk+one.n]
	matched, err := c.match(ctx, one, at, b)
	if err != nil {
		return err
	}
	parts, rest := cutAll(b[matched:], one.last)
	one.parts, one.span = append(one.parts, parts...), b[:len(b)-len(rest)]
	c.rest = append(c.rest[:0], rest...)
	c.size += int64(one.n)
	one.end = c.size - int64(len(rest))
	if len(parts) > 0 {
		c.former.leave()
		c.told = nil
	}
	one.ended = make(chan struct{})
	c.ended = one.ended
	return nil
}

// match finds the chunks with which a slab begins as the former version goes on in this
// place, and says how many bytes they have. Where the whole has to be hashed too, that is
// done beside.
func (c *cutter) match(ctx context.Context, one *slab, at int64, b []byte) (int, error) {
	whole, err := c.upTo(ctx, at)
	if err != nil {
		return 0, err
	}
	m := c.former.match(at, b, whole)
	if one.parts, one.known = m.parts, len(m.parts); m.whole != nil {
		one.whole, one.taken = m.whole, m.size
	}
	c.told = m.whole
	for i, part := range m.parts {
		one.ready = append(one.ready, prepared{digest: m.digests[i], stored: part})
	}
	return m.size, nil
}

// upTo returns the hash of the content up to a place, if it is of use there.
func (c *cutter) upTo(ctx context.Context, at int64) (hash.Hash, error) {
	switch {
	case c.ended == nil || !c.apart.Load() || !c.former.expects(at):
		return nil, nil
	case c.told != nil:
		return c.told, nil
	}
	select {
	case <-c.ended:
		return c.whole, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash tells the digests of the chunks and goes on with that of the whole, unless a content
// that began with just these chunks was hashed before.
func (c *cutter) hash(ctx context.Context, one *slab) error {
	fresh := one.parts[one.known:]
	digests := make([]ref.Digest, len(fresh))
	var leapt hash.Hash
	if len(fresh) == 0 && one.whole == nil {
		leapt = c.p.s.leaps.find(c.next(one))
		c.apart.Store(leapt == nil)
	}
	if one.whole != nil {
		c.whole = cloned(one.whole) // with which whoever cuts goes on
	}
	if leapt != nil {
		c.whole = leapt
	} else {
		ref.Beside(c.whole, one.span[one.taken:], fresh, digests)
	}
	for i, d := range digests {
		one.ready = append(one.ready, prepared{digest: d, stored: fresh[i]})
	}
	c.chain = c.next(one)
	c.p.s.leaps.note(c.chain, c.whole)
	close(one.ended)
	if len(fresh) > 0 {
		c.former.spot(digests[len(digests)-1], one.end)
	}
	return c.prepare(ctx, one.ready)
}

// next is the digest of all chunks so far and those of a slab.
func (c *cutter) next(one *slab) ref.Digest {
	return ref.Of(append(c.chain[:], digestsOf(one.ready)...))
}

// prepare looks for the chunks in the store and compresses what is new, on all cores.
func (c *cutter) prepare(ctx context.Context, ready []prepared) error {
	for i := range ready {
		c.p.s.lookUp(&ready[i])
	}
	if c.by == nil {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	workers := runtime.NumCPU()
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(ready) && ctx.Err() == nil; i += workers {
				if !ready[i].here {
					ready[i].squeeze(c.by)
				}
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

func (c *cutter) add(one *slab) error {
	for i, r := range one.ready {
		c.chunks = append(c.chunks, chunk{r.digest, uint32(len(one.parts[i]))})
	}
	return c.p.add(one.ready...)
}

// end adds the list, whose digest is that of the whole content.
func (c *cutter) end() (ref.Digest, error) {
	d := ref.Sum(c.whole)
	if _, ok := c.p.s.entry(d); ok && !c.p.s.doomed(d) && c.p.s.Has(d) {
		return d, nil
	}
	list := encodeList(c.chunks)
	if len(list) > math.MaxUint32 { // which an index has room for
		return d, errs.New(errs.TooLarge, "content of %d bytes is more than one object can hold", c.size).WithHint("divide it into several files")
	}
	return d, c.p.add(prepared{digest: d, stored: list, form: listed})
}
