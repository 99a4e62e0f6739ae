package store

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"rondo/backend/ref"
)

// table finds packed objects by their digest. It holds no pointer for each of them and
// less than 64 bytes, because there may be millions: the rows lie with their packs, and
// the table knows which row of which pack.
type table struct {
	slots []uint64 // 8 bits of the digest's hash, number of the pack (24, from 1), number of its row (32); 0: free
	packs []*pack
	used  int
	seed  uint64 // nobody outside can tell which digests share a slot
}

// row is an entry of a pack.
type row struct {
	digest ref.Digest
	offset int64
	stored uint32
	form   form
}

func newTable() *table {
	return &table{slots: make([]uint64, 64), seed: maphash.Comparable(maphash.MakeSeed(), 0) | 1}
}

// find returns the slot that has the digest, or the free one where it would be.
func (t *table) find(d *ref.Digest) (slot int, found *row) {
	mask := len(t.slots) - 1
	h := t.hash(d)
	for i := int(h>>32) & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return i, nil
		}
		if byte(s>>56) != byte(h) {
			continue // so the row, which is far away in memory, is not looked at
		}
		if r := t.row(s); r.digest == *d {
			return i, r
		}
	}
}

func (t *table) hash(d *ref.Digest) uint64 { return binary.LittleEndian.Uint64(d[:]) * t.seed }

// pack is the one that a slot names.
func (t *table) pack(slot uint64) *pack { return t.packs[slot>>32&0xffffff-1] }

// row is the one that a slot names.
func (t *table) row(slot uint64) *row { return &t.pack(slot).rows[uint32(slot)] }

// near returns for many digests the slots at which each is looked for first. In a table
// of millions hardly any of them is in the processor's cache; asked for in one go, they
// are fetched side by side.
func (t *table) near(files []TreeFile) []uint64 {
	slots, mask := make([]uint64, len(files)), len(t.slots)-1
	for i := range files {
		slots[i] = t.slots[int(t.hash(&files[i].Digest)>>32)&mask]
	}
	return slots
}

// follow returns the row of a digest, of which near told the first slot.
func (t *table) follow(slot uint64, d *ref.Digest) *row {
	if slot == 0 {
		return nil
	}
	if r := t.row(slot); r.digest == *d {
		return r
	}
	_, r := t.find(d)
	return r
}

// put adds a pack's rows. What was there before gives way.
func (t *table) put(p *pack) {
	t.packs = append(t.packs, p)
	for len(t.slots)*2 < (t.used+len(p.rows))*3 {
		t.grow()
	}
	for i := range p.rows {
		slot, was := t.find(&p.rows[i].digest)
		if was == nil {
			t.used++
		}
		t.slots[slot] = t.hash(&p.rows[i].digest)<<56 | uint64(len(t.packs))<<32 | uint64(i)
	}
}

// prefer has an object looked for in row i of a pack.
func (t *table) prefer(p *pack, i int) {
	n := slices.Index(t.packs, p)
	if slot, r := t.find(&p.rows[i].digest); r != nil && n >= 0 {
		t.slots[slot] = t.hash(&p.rows[i].digest)<<56 | uint64(n+1)<<32 | uint64(i)
	}
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	for _, s := range old {
		if s != 0 {
			slot, _ := t.find(&t.row(s).digest)
			t.slots[slot] = s
		}
	}
}

// get returns where an object lies.
func (t *table) get(d ref.Digest) (place, bool) {
	slot, r := t.find(&d)
	if r == nil {
		return place{}, false
	}
	return place{t.pack(t.slots[slot]), r.offset, r.stored, r.form}, true
}

// without returns a table of the packs that are not gone.
func (t *table) without(gone map[*pack]bool) *table {
	fresh := newTable()
	for _, p := range t.packs {
		if !gone[p] {
			fresh.put(p)
		}
	}
	return fresh
}

// current reports whether row i of a pack is where its object is found.
func (t *table) current(p *pack, i int) bool {
	slot, r := t.find(&p.rows[i].digest)
	return r != nil && t.pack(t.slots[slot]) == p
}
