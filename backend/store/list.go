package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// A chunk is a part of a large object; it lies in a pack as an object of its own. The
// stored bytes of a large object are its list of chunks: digest and length of each,
// and at the end the SHA-256 of that.
type chunk struct {
	digest ref.Digest
	length uint32
}

const chunkRow = 32 + 4

func encodeList(chunks []chunk) []byte {
	b := make([]byte, 0, len(chunks)*chunkRow+32)
	for _, c := range chunks {
		b = binary.BigEndian.AppendUint32(append(b, c.digest[:]...), c.length)
	}
	sum := ref.Of(b)
	return append(b, sum[:]...)
}

func decodeList(b []byte) ([]chunk, error) {
	if len(b) < 32 || (len(b)-32)%chunkRow != 0 {
		return nil, errors.New("its list of chunks is not one")
	}
	rows := b[:len(b)-32]
	if ref.Of(rows) != ref.Digest(b[len(rows):]) {
		return nil, errors.New("its list of chunks is not what was written")
	}
	chunks := make([]chunk, len(rows)/chunkRow)
	for i := range chunks {
		row := rows[i*chunkRow:]
		chunks[i] = chunk{ref.Digest(row[:32]), binary.BigEndian.Uint32(row[32:])}
	}
	return chunks, nil
}

// chunks reads the list of a large object; nil for one that is not in chunks.
func (s *Store) chunks(d ref.Digest) ([]chunk, error) {
	if p, ok := s.entry(d); ok && p.form != listed {
		return nil, nil // which need not be opened: there may be millions
	}
	f, p, err := s.openEntry(d)
	if err != nil || f == nil {
		return nil, err
	}
	defer f.Close()
	if p.form != listed {
		return nil, nil
	}
	return readList(f, d, p)
}

// Chunks returns the digests of the chunks of a large object; none of one that is not in chunks.
func (s *Store) Chunks(d ref.Digest) ([]ref.Digest, error) {
	list, err := s.chunks(d)
	digests := make([]ref.Digest, len(list))
	for i, c := range list {
		digests[i] = c.digest
	}
	return digests, err
}

func readList(f *os.File, d ref.Digest, p place) ([]chunk, error) {
	b := make([]byte, p.stored)
	if _, err := fault.ReaderAt(f).ReadAt(b, p.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, diskError(err)
	}
	list, err := decodeList(b)
	if err != nil {
		return nil, corrupt(d, p.pack.name, err.Error())
	}
	return list, nil
}

// lacks returns the first chunk of the list that is not here.
func (s *Store) lacks(list []chunk) (chunk, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range list {
		if _, ok := s.packed.get(c.digest); !ok {
			return c, true
		}
	}
	return chunk{}, false
}

// chained reads the chunks of a list one after the other. A pack stays open as long as
// the next chunk lies in it too, which it mostly does.
type chained struct {
	s       *Store
	of      ref.Digest
	rest    []chunk
	now     []byte // of the chunk that is being handed out
	careful bool   // nobody verifies the whole, so each chunk is
	buf     buffers
	open    opener
	ahead   *hauler // reads the chunks before they are asked for; nil: nobody does
}

// Read fills b as far as the content goes, so that whoever hashes it has equal pieces.
func (c *chained) Read(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if len(c.now) > 0 {
			k := copy(b[n:], c.now)
			n, c.now = n+k, c.now[k:]
		} else if len(c.rest) > 0 {
			err = c.next()
		} else {
			err = io.EOF
		}
	}
	return n, err
}

func (c *chained) next() (err error) {
	want := c.rest[0]
	c.rest = c.rest[1:]
	var p place
	// What is wrong with a chunk comes to light by the digest of the whole, or here, where it cannot even be unpacked.
	if c.now, p, err = c.content(want.digest); err == nil && len(c.now) != int(want.length) {
		err = corrupt(want.digest, p.pack.name, fmt.Sprintf("it has %d bytes instead of %d", len(c.now), want.length))
	}
	if err == nil && c.careful {
		if err = sameAs(want.digest, p, c.now); err != nil {
			c.now = nil
		}
		c.s.suspectIf(want.digest, err)
	}
	return err
}

// content returns what the next chunk holds, not verified, and where it lies.
func (c *chained) content(d ref.Digest) ([]byte, place, error) {
	if c.ahead != nil {
		p := c.ahead.part()
		return p.b, p.at, p.err
	}
	p, ok := c.s.entry(d)
	if !ok {
		return nil, p, lost(c.of, d)
	}
	b, err := c.open.content(d, p, &c.buf)
	return b, p, err
}

// lost says that a chunk of an object is missing.
func lost(of, d ref.Digest) error {
	return errs.New(errs.NotFound, "chunk %s of object %s is not in this project", d.Short(), of.Short()).
		WithHint("bring it back with `rondo data repair`, from a remote or (--from) another copy of the project; where devices synchronise the folder, it may still be on its way")
}

// readAhead is for whoever reads all of it, from the beginning.
func (c *chained) readAhead() { c.ahead = c.s.haul(c.of, c.rest) }

func (c *chained) Close() error {
	if c.ahead != nil {
		c.ahead.close()
	}
	return c.open.close()
}

// blame names the chunk that keeps a large object from being what it was.
func (s *Store) blame(ctx context.Context, d ref.Digest) error {
	list, err := s.chunks(d)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := s.verifyOne(ctx, c.digest); err != nil {
			return err
		}
	}
	return nil
}

// buffers are used again for one object after the other.
type buffers struct{ raw, whole []byte }

// opener keeps one pack open.
type opener struct {
	s *Store
	p *pack
	f *os.File
}

// content returns what an entry holds, unpacked but not verified; it is good until the
// next call with the same buffers.
func (o *opener) content(d ref.Digest, p place, buf *buffers) ([]byte, error) {
	p, err := o.open(d, p)
	if err != nil {
		return nil, err
	}
	raw, err := o.stored(p, buf)
	if err != nil {
		return nil, err
	}
	return unpack(d, p, raw, buf)
}

// stored returns the stored bytes of an entry of the pack that is open.
func (o *opener) stored(p place, buf *buffers) ([]byte, error) {
	if cap(buf.raw) < int(p.stored) {
		buf.raw = make([]byte, p.stored)
	}
	raw := buf.raw[:p.stored]
	if err := fault.Check("read"); err != nil {
		return nil, diskError(err)
	}
	if _, err := fault.ReaderAt(o.f).ReadAt(raw, p.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, diskError(err)
	}
	return raw, nil
}

// unpack returns what the stored bytes of an entry hold.
func unpack(d ref.Digest, p place, raw []byte, buf *buffers) (content []byte, err error) {
	if p.form != squeezed {
		return raw, nil
	}
	if buf.whole, err = unsqueeze(raw, buf.whole[:0]); err != nil {
		return nil, corrupt(d, p.pack.name, err.Error())
	}
	return buf.whole, nil
}

// open opens the pack that an object lies in, and says where it does now: another process
// may have merged the pack that was expected into another.
func (o *opener) open(d ref.Digest, p place) (place, error) {
	if o.p == p.pack {
		return p, nil
	}
	o.close()
	f, now, err := o.s.openEntry(d)
	if f == nil && err == nil {
		_, err = o.s.whole(d) // which says that it is missing
	}
	if f == nil {
		return p, err
	}
	o.p, o.f = now.pack, f
	return now, nil
}

func (o *opener) close() error {
	if o.f == nil {
		return nil
	}
	f := o.f
	o.p, o.f = nil, nil
	return f.Close()
}

// openEntry opens the pack that an object lies in; no file where it lies in none. A
// pack that another process has merged into another is looked for again.
func (s *Store) openEntry(d ref.Digest) (*os.File, place, error) {
	for again := false; ; again = true {
		p, ok := s.entry(d)
		if !ok {
			return nil, p, nil
		}
		f, err := os.Open(filepath.Join(s.dir, p.pack.name))
		if err == nil || again || !os.IsNotExist(err) {
			return f, p, readError(p.pack.name, err)
		}
		if err := s.Reload(); err != nil {
			return nil, p, err
		}
	}
}
