package folder

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"

	"rondo/backend/ref"
)

// A memory file holds how files looked and what they held, in the order of their paths.
// After the head come blocks: length of the rows, their SHA-256, the rows. Each row has
// what its path shares with the one before in the block. A block of no rows ends the file;
// a file without it was cut short and is good as far as it goes.
const (
	memoryHead = "rondo stat 2\n"
	blockSize  = 64 << 10 // bytes of rows after which a block ends
	maxBlock   = 1 << 20
)

// Row is how a file looked when its content was known.
type Row struct {
	Stamp  Stamp
	Digest ref.Digest
}

// Reader reads a memory file, as far as it is undamaged. The nil Reader remembers nothing.
type Reader struct {
	f    *os.File
	r    *bufio.Reader
	rows []byte // of the block, not read yet
	buf  []byte
	last Row // for what a row tells as a difference
	path []byte
	row  Row
	ok   bool // path and row are those of the row that is next
	n    int  // rows that were passed
}

// OpenMemory begins to read; a file that is not there or of another kind holds nothing.
func OpenMemory(path string) *Reader {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	m := &Reader{f: f, r: bufio.NewReaderSize(f, 256<<10)}
	head := make([]byte, len(memoryHead))
	if _, err := io.ReadFull(m.r, head); err != nil || string(head) != memoryHead {
		f.Close()
		return nil
	}
	m.advance()
	return m
}

// Close ends the reading.
func (m *Reader) Close() error {
	if m == nil {
		return nil
	}
	return m.f.Close()
}

// find returns the row of a path, and the how manieth it is. Paths must be asked for in
// their order.
func (m *Reader) find(prefix, name string) (row Row, at int, ok bool) {
	for m != nil && m.ok {
		switch c := compare(m.path, prefix, name); {
		case c > 0:
			return Row{}, 0, false
		case c == 0:
			row, at = m.row, m.n
			m.advance()
			return row, at, true
		}
		m.advance()
	}
	return Row{}, 0, false
}

// Next returns one row after the other.
func (m *Reader) Next() (path string, row Row, ok bool) {
	if m == nil || !m.ok {
		return "", Row{}, false
	}
	path, row = string(m.path), m.row
	m.advance()
	return path, row, true
}

// compare compares a path with another that is in two parts.
func compare(path []byte, prefix, name string) int {
	k := min(len(path), len(prefix))
	if c := bytes.Compare(path[:k], []byte(prefix[:k])); c != 0 {
		return c
	}
	if k < len(prefix) {
		return -1
	}
	return bytes.Compare(path[k:], []byte(name))
}

func (m *Reader) advance() {
	if m.ok {
		m.n++
	}
	m.ok = false
	if len(m.rows) == 0 && !m.block() {
		return
	}
	m.ok = m.parse()
	if !m.ok {
		m.rows = nil
	}
}

// block reads the next block; what is damaged ends the file.
func (m *Reader) block() bool {
	var head [4 + len(ref.Zero)]byte
	if _, err := io.ReadFull(m.r, head[:]); err != nil {
		return false
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n == 0 || n > maxBlock {
		return false
	}
	if cap(m.buf) < n {
		m.buf = make([]byte, n)
	}
	rows := m.buf[:n]
	if _, err := io.ReadFull(m.r, rows); err != nil || ref.Of(rows) != ref.Digest(head[4:]) {
		m.r.Reset(bytes.NewReader(nil))
		return false
	}
	m.rows, m.path, m.last = rows, m.path[:0], Row{}
	return true
}

func (m *Reader) parse() bool {
	p := parser{b: m.rows}
	shared, length := p.uint(), p.uint()
	if p.bad || shared > uint64(len(m.path)) || length > uint64(len(p.b)) {
		return false
	}
	m.path = append(m.path[:shared], p.b[:length]...)
	p.b = p.b[length:]
	size := p.uint()
	s := Stamp{Size: int64(size >> 1), Exec: size&1 == 1}
	s.Mtime = m.last.Stamp.Mtime + p.int()
	s.Ctime = s.Mtime + p.int()
	s.Inode = m.last.Stamp.Inode + uint64(p.int())
	if p.bad || len(p.b) < len(ref.Zero) {
		return false
	}
	m.row = Row{s, ref.Digest(p.b[:len(ref.Zero)])}
	m.last, m.rows = m.row, p.b[len(ref.Zero):]
	return true
}

// parser takes numbers off the front of bytes.
type parser struct {
	b   []byte
	bad bool
}

func (p *parser) uint() uint64 {
	v, n := binary.Uvarint(p.b)
	if n <= 0 {
		p.bad = true
		return 0
	}
	p.b = p.b[n:]
	return v
}

func (p *parser) int() int64 {
	v, n := binary.Varint(p.b)
	if n <= 0 {
		p.bad = true
		return 0
	}
	p.b = p.b[n:]
	return v
}
