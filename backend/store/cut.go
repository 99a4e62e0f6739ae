package store

import "slices"

// Content-defined chunking after FastCDC (Xia and others, 2016 and 2020): a chunk ends
// where a rolling hash of the bytes before has certain bits zero, so that an insertion
// moves the ends around it and no others. Fewer zeros are asked for the longer a chunk
// has become. These numbers and the table are part of what two versions of a file
// share; changing them costs space, never correctness.
const (
	minChunk    = 16 << 10
	normalChunk = 64 << 10
	maxChunk    = 256 << 10
	hard        = 1 << 48 // the hash is below: 16 bits are zero, as before normalChunk it has to be
	easy        = 1 << 50 // 14 bits, which are enough after that

	window = 64 // bytes that the hash depends on: every byte moves those before by a bit
)

// gear is a table of noise: splitmix64 from 1.
var gear = func() (t [256]uint64) {
	x := uint64(1)
	for i := range t {
		x += 0x9e3779b97f4a7c15
		z := x
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		t[i] = z ^ z>>31
	}
	return t
}()

// cutAll returns the chunks of b, and what is left of it: where b goes on (last is false)
// the end of the next chunk is not known yet.
func cutAll(b []byte, last bool) (parts [][]byte, rest []byte) {
	ends := findEnds(b)
	for at := 0; len(b) > at; {
		n := 0
		if n, ends = cut(b, at, ends, last); n == 0 {
			return parts, b[at:]
		}
		parts = append(parts, b[at:at+n])
		at += n
	}
	return parts, nil
}

// cut returns the length of the chunk of b that begins at a place, 0 where it cannot be
// told, and the ends that may be those of the next ones.
func cut(b []byte, at int, ends []end, last bool) (int, []end) {
	left := len(b) - at
	normal, most := min(normalChunk, left), min(maxChunk, left)
	if left > minChunk {
		if n := soonEnd(b[at+minChunk : at+normal]); n > 0 {
			return minChunk + n, ends
		}
		for len(ends) > 0 {
			n := ends[0].at - at
			if n > most {
				break
			}
			if n >= minChunk+window && (n > normal || ends[0].hard) {
				return n, ends
			}
			ends = ends[1:]
		}
	}
	if last || most == maxChunk {
		return most, ends
	}
	return 0, ends
}

// soonEnd looks for an end in the first bytes that count, where the hash does not know a
// whole window of them yet; it returns the bytes up to there, or 0.
func soonEnd(b []byte) int {
	h := uint64(0)
	for i, c := range b[:min(window-1, len(b))] {
		h = h<<1 + gear[c]
		if h < hard {
			return i + 1
		}
	}
	return 0
}

// end is a place at which a chunk may end.
type end struct {
	at   int  // bytes before it
	hard bool // it may end there before it has normalChunk bytes
}

// findEnds returns the ends of all b in their order. The hash of a byte waits for that of
// the one before; so four stretches are gone through at a time, which takes a core not
// much longer than one.
func findEnds(b []byte) []end {
	if len(b) <= minChunk {
		return nil
	}
	n := len(b) / 4
	s := stretches{n: n}
	for k := 1; k < 4; k++ {
		for _, c := range b[k*n-window : k*n] {
			s.h[k] = s.h[k]<<1 + gear[c]
		}
	}
	s.roll(b[:n], b[n:2*n], b[2*n:3*n], b[3*n:4*n])
	for i, c := range b[4*n:] {
		s.h[3] = s.h[3]<<1 + gear[c]
		s.note(3, n+i+1)
	}
	return slices.Concat(s.ends[:]...)
}

// stretches are four parts of n bytes each.
type stretches struct {
	n    int
	h    [4]uint64
	ends [4][]end
}

func (s *stretches) roll(b0, b1, b2, b3 []byte) {
	h0, h1, h2, h3 := s.h[0], s.h[1], s.h[2], s.h[3]
	b1, b2, b3 = b1[:len(b0)], b2[:len(b0)], b3[:len(b0)]
	for i := range b0 {
		h0 = h0<<1 + gear[b0[i]]
		h1 = h1<<1 + gear[b1[i]]
		h2 = h2<<1 + gear[b2[i]]
		h3 = h3<<1 + gear[b3[i]]
		if h0 < easy || h1 < easy || h2 < easy || h3 < easy {
			s.h = [4]uint64{h0, h1, h2, h3}
			for k := range s.h {
				s.note(k, i+1)
			}
		}
	}
	s.h[3] = h3
}

// note keeps what the hash says of the place after i bytes of a stretch.
func (s *stretches) note(k, i int) {
	if s.h[k] < easy {
		s.ends[k] = append(s.ends[k], end{k*s.n + i, s.h[k] < hard})
	}
}
