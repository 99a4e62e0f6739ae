package store

import (
	"encoding/binary"
	"io"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// A pack is: the magic line; the entries' stored bytes; the index, one row of
// rowSize bytes per entry; the footer. The file is named after the SHA-256 of its
// index, which the footer holds too. Packs of version 2 may hold lists of chunks.
const (
	packsDir   = "packs"
	packExt    = ".pack"
	packMagic1 = "rondo pack 1\n"
	packMagic  = "rondo pack 2\n"
	footMagic  = "rondoidx"
	rowSize    = 32 + 8 + 8 + 1 // digest, offset, stored length, form
	footerSize = 32 + 8 + 8 + 8 // SHA-256 of the index, its offset, the count, footMagic
)

// form is how an entry's bytes are to be understood.
type form byte

const (
	plain    form = iota
	squeezed      // one Zstandard frame
	listed        // a list of chunks, which are entries of their own
	forms
)

// pack is a file of objects.
type pack struct {
	name string // relative to the store
	size int64
	rows []row // as they lie in it
}

// place is where a packed object lies.
type place struct {
	pack   *pack
	offset int64
	stored uint32
	form   form
}

// Batch gathers small objects into one pack: one file, one sync.
type Batch struct {
	s    *Store
	tmp  *atomicfile.File
	w    *atomicfile.Past
	at   int64
	rows []row
	has  map[ref.Digest]struct{}
	err  error
}

// Batch begins a pack. Nothing of it is visible before Commit.
func (s *Store) Batch() *Batch {
	s.sentence()
	return &Batch{s: s, has: map[ref.Digest]struct{}{}}
}

// Len says how many objects the batch holds.
func (b *Batch) Len() int { return len(b.rows) }

// Size says how many bytes the batch holds so far.
func (b *Batch) Size() int64 { return b.at }

// Add puts content into the batch and returns its digest.
func (b *Batch) Add(content []byte) (ref.Digest, error) {
	p := b.s.prepareWhole(content, true)
	return p.digest, b.add(p)
}

// prepared is content that is hashed and, where that gains, compressed: the part of
// Add that several workers can do at the same time.
type prepared struct {
	digest ref.Digest
	stored []byte
	form   form
	here   bool // it is in the store already
}

// lookUp sees whether the content is packed already.
func (s *Store) lookUp(p *prepared) {
	if at, ok := s.entry(p.digest); ok && at.form != listed {
		p.here = !s.doomed(p.digest)
	}
}

// prepareWhole prepares what is no chunk, and may be there as a file of its own.
func (s *Store) prepareWhole(content []byte, compress bool) prepared {
	return s.prepareWholeAs(ref.Of(content), content, compress)
}

// prepareWholeAs is prepareWhole for content of which the digest is known.
func (s *Store) prepareWholeAs(d ref.Digest, content []byte, compress bool) prepared {
	p := prepared{digest: d, stored: content}
	s.lookUp(&p)
	if !p.here && len(content) > oldSmall && s.Has(p.digest) {
		p.here = !s.doomed(p.digest)
	}
	if !p.here && compress {
		p.squeeze(squeeze)
	}
	return p
}

// squeeze compresses what is worth it.
func (p *prepared) squeeze(by codec) {
	if len(p.stored) < 512 {
		return
	}
	if z := by(p.stored); len(z) <= len(p.stored)*95/100 {
		p.stored, p.form = z, squeezed
	}
}

func (b *Batch) add(p prepared) error {
	if _, ok := b.has[p.digest]; ok || p.here || b.err != nil {
		return b.err
	}
	if b.err = b.start(); b.err != nil {
		return b.err
	}
	if len(p.stored) >= normalChunk {
		b.w.Bypass() // of large contents one has the files, and seldom reads what is kept of them soon
	}
	if _, err := b.w.Write(p.stored); err != nil {
		b.err = diskError(err)
		return b.err
	}
	b.has[p.digest] = struct{}{}
	b.rows = append(b.rows, row{p.digest, b.at, uint32(len(p.stored)), p.form})
	b.at += int64(len(p.stored))
	return nil
}

func (b *Batch) start() (err error) {
	if b.tmp != nil {
		return nil
	}
	if b.tmp, err = atomicfile.Create(filepath.Join(b.s.dir, packsDir, "pack"), 0o444); err != nil {
		return diskError(err)
	}
	b.w = atomicfile.WritePast(b.tmp, b.tmp.File)
	n, err := io.WriteString(b.w, packMagic)
	b.at = int64(n)
	return err
}

// Commit makes every object of the batch durable and visible, or none.
func (b *Batch) Commit() error {
	_, err := b.commit()
	return err
}

// commit returns the name of the pack; none for an empty batch.
func (b *Batch) commit() (name string, err error) {
	if b.err != nil || b.tmp == nil {
		return "", b.err
	}
	defer b.Discard()
	index := b.index()
	sum := ref.Of(index)
	if err := writeEnd(b.w, b.at, index, sum); err != nil {
		return "", diskError(err)
	}
	if err := b.w.End(); err != nil {
		return "", diskError(err)
	}
	fault.Point("store.packed")
	p := &pack{filepath.Join(packsDir, sum.String()+packExt), b.at + int64(len(index)) + footerSize, b.rows}
	if err := b.tmp.CommitAs(filepath.Join(b.s.dir, p.name)); err != nil {
		return "", diskError(err)
	}
	fault.Point("store.pack-kept")
	b.s.learn(p)
	return p.name, nil
}

func writeEnd(w io.Writer, at int64, index []byte, sum ref.Digest) error {
	foot := append([]byte(nil), sum[:]...)
	foot = binary.BigEndian.AppendUint64(foot, uint64(at))
	foot = binary.BigEndian.AppendUint64(foot, uint64(len(index)/rowSize))
	foot = append(foot, footMagic...)
	if _, err := w.Write(index); err != nil {
		return err
	}
	_, err := w.Write(foot)
	return err
}

func (b *Batch) index() []byte {
	index := make([]byte, 0, len(b.rows)*rowSize)
	for _, p := range b.rows {
		index = append(index, p.digest[:]...)
		index = binary.BigEndian.AppendUint64(index, uint64(p.offset))
		index = binary.BigEndian.AppendUint64(index, uint64(p.stored))
		index = append(index, byte(p.form))
	}
	return index
}

// Discard forgets a batch that was not committed.
func (b *Batch) Discard() {
	if b.tmp != nil {
		_ = b.w.End()
		b.tmp.Close()
		b.tmp = nil
	}
}
