package store

import (
	"context"
	"errors"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"rondo/backend/ref"
)

const slabSize = 4 << 20

// slab is a part of a large object's content, with room in front of it for the chunk
// that the part before did not end.
type slab struct {
	b    []byte // maxChunk bytes of room, then the content
	n    int    // bytes of content
	last bool
	err  error
}

// putLarge cuts content into chunks and adds them and their list. Reading, the digest
// of the whole, and the chunks go on side by side.
func (p *packer) putLarge(ctx context.Context, r io.Reader) (ref.Digest, int64, error) {
	slabs, free, stop := readSlabs(r)
	defer stop()
	c := &cutter{p: p, whole: ref.NewHash()}
	for {
		var one *slab
		select {
		case one = <-slabs:
		case <-ctx.Done():
			return ref.Zero, c.size, ctx.Err()
		}
		if one.err != nil {
			return ref.Zero, c.size, one.err
		}
		if err := c.slab(ctx, one); err != nil {
			return ref.Zero, c.size, err
		}
		if one.last {
			d, err := c.end()
			return d, c.size, err
		}
		free <- one
	}
}

// readSlabs reads ahead of whoever takes the slabs.
func readSlabs(r io.Reader) (slabs, free chan *slab, stop func()) {
	slabs, free = make(chan *slab, 1), make(chan *slab, 3)
	for range 2 {
		free <- &slab{b: make([]byte, maxChunk+slabSize)}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var one *slab
			select {
			case one = <-free:
			case <-done:
				return
			}
			one.n, one.err = io.ReadFull(r, one.b[maxChunk:])
			if errors.Is(one.err, io.EOF) || errors.Is(one.err, io.ErrUnexpectedEOF) {
				one.last, one.err = true, nil
			}
			ends := one.last || one.err != nil
			select {
			case slabs <- one:
			case <-done:
				return
			}
			if ends {
				return
			}
		}
	}()
	return slabs, free, func() { close(done); <-ended }
}

// cutter turns slabs into chunks.
type cutter struct {
	p     *packer
	whole interface {
		io.Writer
		Sum(b []byte) []byte
	}
	size     int64
	rest     []byte // of the last slab, in no chunk yet
	chunks   []chunk
	decided  bool
	compress bool
}

func (c *cutter) slab(ctx context.Context, one *slab) error {
	content := one.b[maxChunk : maxChunk+one.n]
	if !c.decided {
		c.decided, c.compress = true, gains(content)
	}
	c.size += int64(one.n)
	hashed := make(chan struct{})
	go func() {
		defer close(hashed)
		c.whole.Write(content)
	}()
	start := maxChunk - len(c.rest)
	copy(one.b[start:], c.rest)
	parts, rest := cutAll(one.b[start:maxChunk+one.n], one.last)
	ready, err := c.prepare(ctx, parts)
	if err == nil {
		err = c.p.add(ready...)
	}
	for i, r := range ready {
		c.chunks = append(c.chunks, chunk{r.digest, uint32(len(parts[i]))})
	}
	<-hashed
	c.rest = append(c.rest[:0], rest...)
	return err
}

func cutAll(b []byte, last bool) (parts [][]byte, rest []byte) {
	for len(b) > 0 {
		n := cut(b, last)
		if n == 0 {
			break
		}
		parts = append(parts, b[:n])
		b = b[n:]
	}
	return parts, b
}

// prepare hashes and compresses chunks on the cores that the digest of the whole leaves.
func (c *cutter) prepare(ctx context.Context, parts [][]byte) ([]prepared, error) {
	ready := make([]prepared, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	workers := max(1, runtime.NumCPU()-1)
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(parts); i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				ready[i] = c.p.s.prepare(parts[i], c.compress)
			}
			return nil
		})
	}
	return ready, g.Wait()
}

// end adds the list, whose digest is that of the whole content.
func (c *cutter) end() (d ref.Digest, err error) {
	c.whole.Sum(d[:0])
	if _, ok := c.p.s.entry(d); ok && !c.p.s.doomed(d) && c.p.s.Has(d) {
		return d, nil
	}
	return d, c.p.add(prepared{digest: d, stored: encodeList(c.chunks), form: listed})
}
