package folder

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"rondo/backend/ref"
)

// head is what a memory file begins with.
type head struct {
	id    ref.Digest // by chance; the base's, in a file that adds to it
	label ref.Digest // the tree of all files, as they were noted; zero where that is not known
	start ref.Digest // in which of the machine's starts they were noted
}

func (h head) encode() []byte {
	b := append([]byte(memoryMagic), h.id[:]...)
	b = append(b, h.label[:]...)
	b = append(b, h.start[:]...)
	sum := ref.Of(b)
	return append(b, sum[:]...)
}

func parseHead(b []byte) (h head, ok bool) {
	if len(b) < headSize {
		return h, false
	}
	sum := ref.Of(b[:headSize-len(ref.Zero)])
	at := len(memoryMagic)
	copy(h.id[:], b[at:])
	copy(h.label[:], b[at+len(h.id):])
	copy(h.start[:], b[at+len(h.id)+len(h.label):])
	magic := string(b[:at])
	return h, (magic == memoryMagic || magic == formerMagic) && bytes.Equal(sum[:], b[headSize-len(sum):headSize])
}

// stream reads a memory file, as far as it is undamaged.
type stream struct {
	head
	f       *os.File
	all     []byte // of the file that adds to a base, which is in memory
	r       *bufio.Reader
	from    source
	at      int64
	size    int64
	now     *block
	ended   bool
	damaged bool
	alive   time.Time // when it was last known to be right, if that was in another of the machine's starts
}

// openStream begins to read in one of the machine's starts; nil where there is no such file, or
// none of this kind.
func openStream(path string, from source, start ref.Digest) *stream {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	s := &stream{f: f, r: bufio.NewReaderSize(f, 256<<10), from: from, at: int64(headSize)}
	b := make([]byte, headSize)
	_, err = io.ReadFull(s.r, b)
	fi, e := f.Stat()
	var ok bool
	if s.head, ok = parseHead(b); err != nil || e != nil || !ok {
		f.Close()
		return nil
	}
	s.size = fi.Size()
	s.doubt(start, fi)
	return s
}

// doubt lets nothing be believed that another of the machine's starts has noted, but what the disk
// had long before: files may look as they did and hold nothing.
func (s *stream) doubt(start ref.Digest, fi fs.FileInfo) {
	if s.start != start {
		s.alive = fi.ModTime()
	}
}

func (s *stream) close() {
	if s != nil && s.f != nil {
		s.f.Close()
	}
}

// peek is the next block; nil at the end.
func (s *stream) peek() *block {
	if s == nil || s.now != nil || s.ended {
		if s == nil {
			return nil
		}
		return s.now
	}
	payload, err := s.payload()
	if err == nil {
		var ok bool
		if s.now, ok = parseBlock(payload); ok {
			s.now.from, s.now.at, s.now.size, s.now.alive = s.from, s.at, blockHead+len(payload), s.alive
			if !s.alive.IsZero() && !s.now.look.Lasting(s.alive) {
				s.now.look = Stamp{}
			}
			s.at += int64(s.now.size)
			return s.now
		}
	}
	s.now, s.ended, s.damaged = nil, true, !errors.Is(err, io.EOF)
	return nil
}

var errDamaged = errors.New("a block is damaged")

func (s *stream) payload() ([]byte, error) {
	var h [blockHead]byte
	if _, err := io.ReadFull(s.r, h[:]); err != nil {
		return nil, errDamaged
	}
	n := int(binary.BigEndian.Uint32(h[:]))
	if n == 0 {
		return nil, io.EOF
	}
	if n > maxBlock {
		return nil, errDamaged
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(s.r, payload); err != nil || ref.Of(payload) != ref.Digest(h[4:]) {
		return nil, errDamaged
	}
	return payload, nil
}

func (s *stream) take() (b *block) {
	if b = s.peek(); b != nil {
		s.now = nil
	}
	return b
}

// merged reads two files as one: a folder that more has is taken from there.
type merged struct {
	base, more *stream
	over       []string // folders, each in the one before, that more has told of
}

func (m *merged) close() {
	if m != nil {
		m.base.close()
		m.more.close()
	}
}

func (m *merged) label() ref.Digest {
	switch {
	case m == nil:
		return ref.Zero
	case m.more != nil:
		return m.more.label
	}
	return m.base.label
}

func (m *merged) which() *stream {
	if m == nil {
		return nil
	}
	if m.more == nil {
		return m.base
	}
	for {
		a, b := m.base.peek(), m.more.peek()
		switch {
		case a == nil && m.base.damaged:
			return m.base // what more tells of a folder may lack others that lie in it
		case a == nil:
			return m.more
		case m.overridden(a.prefix):
			m.base.take()
			continue
		case b == nil:
			return m.base
		}
		ap, an := a.path()
		bp, bn := b.path()
		if comparePaths(ap, an, bp, bn) < 0 {
			return m.base
		}
		if b.begins && m.note(b.prefix) {
			continue
		}
		return m.more
	}
}

func (m *merged) overridden(prefix string) bool {
	for _, p := range m.over {
		if p == prefix {
			return true
		}
	}
	return false
}

// note remembers that more tells of a folder from here on, and reports whether that is new.
func (m *merged) note(prefix string) bool {
	for len(m.over) > 0 && !strings.HasPrefix(prefix, m.over[len(m.over)-1]) {
		m.over = m.over[:len(m.over)-1]
	}
	if len(m.over) > 0 && m.over[len(m.over)-1] == prefix {
		return false
	}
	m.over = append(m.over, prefix)
	return true
}

func (m *merged) peek() *block { return m.which().peek() }
func (m *merged) take() *block { return m.which().take() }

// comparePaths compares two paths, each in two parts.
func comparePaths(a1, a2, b1, b2 string) int {
	if a1 == b1 {
		return strings.Compare(a2, b2)
	}
	k := min(len(a1), len(b1))
	if c := strings.Compare(a1[:k], b1[:k]); c != 0 {
		return c
	}
	if len(a1) < len(b1) {
		return -comparePaths(b1[k:], b2, a2, "")
	}
	rest := a1[k:] // and a2, beside b2
	n := min(len(rest), len(b2))
	if c := strings.Compare(rest[:n], b2[:n]); c != 0 || n < len(rest) {
		return cmp.Or(c, 1)
	}
	return strings.Compare(a2, b2[n:])
}
