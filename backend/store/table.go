package store

import (
	"encoding/binary"
	"hash/maphash"

	"rondo/backend/ref"
)

// table finds packed objects by their digest. It holds no pointer for each of them and
// less than 64 bytes, because there may be millions: the rows lie with their packs, and
// the table knows which row of which pack.
type table struct {
	slots []uint64 // number of the pack, from 1, in the upper half; of its row in the lower; 0: free
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
	h := binary.LittleEndian.Uint64(d[:]) * t.seed
	for i := int(h>>32) & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return i, nil
		}
		if r := &t.packs[s>>32-1].rows[uint32(s)]; r.digest == *d {
			return i, r
		}
	}
}

// near returns for many digests the slots at which each is looked for first. In a table
// of millions hardly any of them is in the processor's cache; asked for in one go, they
// are fetched side by side.
func (t *table) near(files []TreeFile) []uint64 {
	slots, mask := make([]uint64, len(files)), len(t.slots)-1
	for i := range files {
		slots[i] = t.slots[int(binary.LittleEndian.Uint64(files[i].Digest[:])*t.seed>>32)&mask]
	}
	return slots
}

// follow returns the row of a digest, of which near told the first slot.
func (t *table) follow(slot uint64, d *ref.Digest) *row {
	if slot == 0 {
		return nil
	}
	if r := &t.packs[slot>>32-1].rows[uint32(slot)]; r.digest == *d {
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
		t.slots[slot] = uint64(len(t.packs))<<32 | uint64(i)
	}
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	for _, s := range old {
		if s != 0 {
			slot, _ := t.find(&t.packs[s>>32-1].rows[uint32(s)].digest)
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
	return place{t.packs[t.slots[slot]>>32-1], r.offset, r.stored, r.form}, true
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
	return r != nil && t.packs[t.slots[slot]>>32-1] == p
}
