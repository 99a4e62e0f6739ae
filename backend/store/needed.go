package store

import (
	"encoding/binary"

	"rondo/backend/ref"
)

// Needed is a set of digests, of which it holds 128 bits: were two ever the same in
// these, too much would be kept.
type Needed struct {
	slots    [][2]uint64
	n        int
	doubtful []ref.Digest
	unlisted []ref.Digest
}

func newNeeded(objects int) *Needed {
	size := 64
	for size*2 < objects*3 {
		size *= 2
	}
	return &Needed{slots: make([][2]uint64, size)}
}

// Absent are the digests among them that the store does not have, as far as they name
// objects at all.
func (n *Needed) Absent() []ref.Digest { return n.doubtful }

// Unlisted are nodes of trees that the store does not have: what they hold cannot be told.
func (n *Needed) Unlisted() []ref.Digest { return n.unlisted }

// Len says how many digests there are.
func (n *Needed) Len() int { return n.n }

func (n *Needed) slot(d ref.Digest) (int, [2]uint64) {
	key := [2]uint64{binary.LittleEndian.Uint64(d[:]) | 1, binary.LittleEndian.Uint64(d[8:])} // never 0, 0
	mask := len(n.slots) - 1
	for i := int(key[0]>>1) & mask; ; i = (i + 1) & mask {
		if n.slots[i] == key || n.slots[i] == [2]uint64{} {
			return i, key
		}
	}
}

// Has reports whether the digest is in the set.
func (n *Needed) Has(d ref.Digest) bool {
	i, key := n.slot(d)
	return n.slots[i] == key
}

// add reports whether the digest was not there before.
func (n *Needed) add(d ref.Digest) bool {
	i, key := n.slot(d)
	if n.slots[i] == key {
		return false
	}
	n.slots[i] = key
	if n.n++; n.n*3 > len(n.slots)*2 {
		n.grow()
	}
	return true
}

func (n *Needed) grow() {
	old := n.slots
	n.slots = make([][2]uint64, 2*len(old))
	mask := len(n.slots) - 1
	for _, key := range old {
		if key == [2]uint64{} {
			continue
		}
		i := int(key[0]>>1) & mask
		for n.slots[i] != [2]uint64{} {
			i = (i + 1) & mask
		}
		n.slots[i] = key
	}
}
