package ref

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// SHA-256 cannot be told faster than a processor does one round after the other, but two
// of them at once take it no longer than one. So whoever has several contents to hash, or
// one content as a whole and in parts, hands them in together.

const (
	block = sha256.BlockSize
	// most is how many blocks are hashed in one go, which nothing can interrupt.
	most = 64 << 10 / block
)

// state is that of a digest, in the order F E B A, H G D C.
type state [8]uint32

// lane is a content on its way into a digest.
type lane struct {
	state  state
	rest   []byte // whole blocks
	tail   []byte // blocks that come after them
	tails  [2 * block]byte
	finish func(*lane)
	busy   bool
}

// start is the state of a digest of nothing (FIPS 180-4, 5.3.3).
var start = state{0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667, 0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372}

// whole lets the lane take a content from its start to its end.
func (l *lane) whole(b []byte, into *Digest) {
	n := len(b) / block * block
	l.state, l.rest, l.busy = start, b[:n], true
	t := append(l.tails[:0], b[n:]...)
	t = append(t, 0x80)
	t = append(t, make([]byte, (2*block-8-len(t))%block)...)
	l.tail = binary.BigEndian.AppendUint64(t, uint64(len(b))*8)
	l.finish = func(l *lane) { *into = l.state.digest() }
}

func (s *state) digest() (d Digest) {
	for i, from := range [8]int{3, 2, 7, 6, 1, 0, 5, 4} {
		binary.BigEndian.PutUint32(d[4*i:], s[from])
	}
	return d
}

// step goes on with both lanes as far as the one goes that is nearer to its end. One that
// is not busy does what the other does, for nobody.
func step(a, b *lane) {
	switch {
	case !a.busy:
		a.rest = b.rest
	case !b.busy:
		b.rest = a.rest
	}
	n := min(len(a.rest), len(b.rest), most*block)
	if n > 0 {
		blocks2(&a.state, &b.state, &a.rest[0], &b.rest[0], n/block)
	}
	a.after(n)
	b.after(n)
}

func (l *lane) after(n int) {
	l.rest = l.rest[n:]
	if !l.busy || len(l.rest) > 0 {
		return
	}
	if l.rest, l.tail = l.tail, nil; len(l.rest) == 0 {
		l.busy = false
		l.finish(l)
	}
}

// OfAll tells the digests of several contents.
func OfAll(contents [][]byte, digests []Digest) { Beside(nil, nil, contents, digests) }

// Beside writes b to h, which is of NewHash, and tells the digests of several contents
// meanwhile. Where h is nil it only does the latter.
func Beside(h hash.Hash, b []byte, contents [][]byte, digests []Digest) {
	if !twofold {
		if h != nil {
			h.Write(b)
		}
		for i, c := range contents {
			digests[i] = Of(c)
		}
		return
	}
	var lanes [2]lane
	if h != nil {
		b = lanes[0].goOn(h, b)
	}
	for {
		for i := range lanes {
			if l := &lanes[i]; !l.busy && len(contents) > 0 {
				l.whole(contents[0], &digests[0])
				contents, digests = contents[1:], digests[1:]
			}
		}
		if !lanes[0].busy && !lanes[1].busy {
			break
		}
		step(&lanes[0], &lanes[1])
	}
	if h != nil {
		h.Write(b)
	}
}

// Both writes a to g and b to h.
func Both(g hash.Hash, a []byte, h hash.Hash, b []byte) {
	if twofold {
		var lanes [2]lane
		a, b = lanes[0].goOn(g, a), lanes[1].goOn(h, b)
		for lanes[0].busy && lanes[1].busy {
			step(&lanes[0], &lanes[1])
		}
		for i := range lanes {
			if l := &lanes[i]; l.busy { // the longer one has no company any more
				rest := l.rest
				l.finish(l)
				[]hash.Hash{g, h}[i].Write(rest)
			}
		}
	}
	g.Write(a)
	h.Write(b)
}

// goOn lets the lane take what makes whole blocks of h; it returns what is left of b, to be
// written to h in the end.
func (l *lane) goOn(h hash.Hash, b []byte) (rest []byte) {
	size := int(sizeOf(h) % block)
	if size > 0 {
		size = min(block-size, len(b))
		h.Write(b[:size])
		b = b[size:]
	}
	n := len(b) / block * block
	if n == 0 {
		return b
	}
	m := stateOf(h)
	l.state, l.rest, l.busy = m.state, b[:n], true
	l.finish = func(l *lane) { m.state, m.size = l.state, m.size+uint64(n-len(l.rest)); m.into(h) }
	return b[n:]
}

// middle is where a hash of NewHash stands between two blocks.
type middle struct {
	state state
	size  uint64 // bytes so far
}

const (
	middleMagic = "sha\x03" // of the state that crypto/sha256 lets be saved
	middleSize  = len(middleMagic) + 32 + block + 8
)

func saved(h hash.Hash) []byte {
	b, err := h.(encoding.BinaryAppender).AppendBinary(make([]byte, 0, middleSize))
	if err != nil {
		panic(err) // which its documentation rules out
	}
	return b
}

func sizeOf(h hash.Hash) uint64 { return binary.BigEndian.Uint64(saved(h)[middleSize-8:]) }

func stateOf(h hash.Hash) (m middle) {
	b := saved(h)
	m.size = binary.BigEndian.Uint64(b[middleSize-8:])
	for i, to := range [8]int{3, 2, 7, 6, 1, 0, 5, 4} {
		m.state[to] = binary.BigEndian.Uint32(b[len(middleMagic)+4*i:])
	}
	return m
}

func (m middle) into(h hash.Hash) {
	b := make([]byte, middleSize)
	d := m.state.digest()
	copy(b[copy(b, middleMagic):], d[:])
	binary.BigEndian.PutUint64(b[middleSize-8:], m.size)
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(b); err != nil {
		panic(err) // portable has tried it
	}
}

// portable reports whether the state of crypto/sha256 is what is known here.
func portable() bool {
	h := NewHash()
	h.Write(make([]byte, block))
	b := saved(h)
	if len(b) != middleSize || string(b[:len(middleMagic)]) != middleMagic {
		return false
	}
	g := NewHash()
	if _, ok := g.(encoding.BinaryUnmarshaler); !ok {
		return false
	}
	stateOf(h).into(g)
	return Sum(g) == Sum(h) && stateOf(NewHash()).state == start
}
