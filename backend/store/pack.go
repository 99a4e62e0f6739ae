package store

import (
	"bufio"
	"encoding/binary"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// A pack is: the magic line; the entries' stored bytes; the index, one row of
// rowSize bytes per entry; the footer. The file is named after the SHA-256 of its
// index, which the footer holds too.
const (
	packsDir   = "packs"
	packMagic  = "rondo pack 1\n"
	footMagic  = "rondoidx"
	rowSize    = 32 + 8 + 8 + 1 // digest, offset, stored length, 1 if compressed
	footerSize = 32 + 8 + 8 + 8 // SHA-256 of the index, its offset, the count, footMagic
)

// place is where a packed object lies.
type place struct {
	pack           string // relative to the store
	offset, stored int64
	compressed     bool
}

// Batch gathers small objects into one pack: one file, one sync.
type Batch struct {
	s    *Store
	tmp  *atomicfile.File
	w    *bufio.Writer
	at   int64
	rows map[ref.Digest]place
	err  error
}

// Batch begins a pack. Nothing of it is visible before Commit.
func (s *Store) Batch() *Batch { return &Batch{s: s, rows: map[ref.Digest]place{}} }

// Len says how many objects the batch holds.
func (b *Batch) Len() int { return len(b.rows) }

// Size says how many bytes the batch holds so far.
func (b *Batch) Size() int64 { return b.at }

// Add puts content into the batch and returns its digest.
func (b *Batch) Add(content []byte) (ref.Digest, error) { return b.add(prepare(content)) }

// prepared is content that is hashed and, where that gains, compressed: the part of
// Add that several workers can do at the same time.
type prepared struct {
	digest     ref.Digest
	stored     []byte
	compressed bool
}

func prepare(content []byte) prepared {
	p := prepared{digest: ref.Of(content), stored: content}
	if len(content) >= 512 {
		if z := squeeze(content); len(z) <= len(content)*95/100 {
			p.stored, p.compressed = z, true
		}
	}
	return p
}

func (b *Batch) add(p prepared) (ref.Digest, error) {
	if _, ok := b.rows[p.digest]; ok || b.s.Has(p.digest) || b.err != nil {
		return p.digest, b.err
	}
	if b.err = b.start(); b.err != nil {
		return p.digest, b.err
	}
	if _, err := b.w.Write(p.stored); err != nil {
		b.err = diskError(err)
		return p.digest, b.err
	}
	b.rows[p.digest] = place{offset: b.at, stored: int64(len(p.stored)), compressed: p.compressed}
	b.at += int64(len(p.stored))
	return p.digest, nil
}

func (b *Batch) start() (err error) {
	if b.tmp != nil {
		return nil
	}
	if b.tmp, err = atomicfile.Create(filepath.Join(b.s.dir, packsDir, "pack"), 0o444); err != nil {
		return diskError(err)
	}
	b.w = bufio.NewWriterSize(b.tmp, 1<<20)
	n, err := b.w.WriteString(packMagic)
	b.at = int64(n)
	return err
}

// Commit makes every object of the batch durable and visible, or none.
func (b *Batch) Commit() error {
	if b.err != nil || b.tmp == nil {
		return b.err
	}
	defer b.Discard()
	index := b.index()
	sum := ref.Of(index)
	foot := append([]byte(nil), sum[:]...)
	foot = binary.BigEndian.AppendUint64(foot, uint64(b.at))
	foot = binary.BigEndian.AppendUint64(foot, uint64(len(b.rows)))
	foot = append(foot, footMagic...)
	for _, part := range [][]byte{index, foot} {
		if _, err := b.w.Write(part); err != nil {
			return diskError(err)
		}
	}
	if err := b.w.Flush(); err != nil {
		return diskError(err)
	}
	fault.Point("store.packed")
	name := filepath.Join(packsDir, sum.String()+".pack")
	if err := b.tmp.CommitAs(filepath.Join(b.s.dir, name)); err != nil {
		return diskError(err)
	}
	fault.Point("store.pack-kept")
	b.s.learn(name, b.rows)
	return nil
}

func (b *Batch) index() []byte {
	digests := make([]ref.Digest, 0, len(b.rows))
	for d := range b.rows {
		digests = append(digests, d)
	}
	sort.Slice(digests, func(i, k int) bool { return b.rows[digests[i]].offset < b.rows[digests[k]].offset })
	index := make([]byte, 0, len(digests)*rowSize)
	for _, d := range digests {
		p := b.rows[d]
		index = append(index, d[:]...)
		index = binary.BigEndian.AppendUint64(index, uint64(p.offset))
		index = binary.BigEndian.AppendUint64(index, uint64(p.stored))
		flag := byte(0)
		if p.compressed {
			flag = 1
		}
		index = append(index, flag)
	}
	return index
}

// Discard forgets a batch that was not committed.
func (b *Batch) Discard() {
	if b.tmp != nil {
		b.tmp.Close()
		b.tmp = nil
	}
}

func (s *Store) learn(pack string, rows map[ref.Digest]place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for d, p := range rows {
		p.pack = pack
		s.packed[d] = p
	}
}

func (s *Store) packNames() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, packsDir))
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".pack") {
			names = append(names, filepath.Join(packsDir, e.Name()))
		}
	}
	return names, err
}

// loadPacks reads every pack's index. A pack whose index is damaged is left out:
// its objects are then missing, which fsck explains.
func (s *Store) loadPacks() error {
	names, err := s.packNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		if rows, err := readIndex(filepath.Join(s.dir, name)); err == nil {
			s.learn(name, rows)
		}
	}
	return nil
}

type badPack struct {
	file string
	err  error
}

func (s *Store) verifyPacks() (bad []badPack) {
	names, err := s.packNames()
	if err != nil {
		return []badPack{{packsDir, err}}
	}
	for _, name := range names {
		if _, err := readIndex(filepath.Join(s.dir, name)); err != nil {
			bad = append(bad, badPack{name, err})
		}
	}
	return bad
}
