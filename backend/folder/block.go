package folder

import (
	"encoding/binary"
	"strings"
	"time"

	"rondo/backend/ref"
)

// A memory file holds how files looked and what they held, and how folders looked and what
// names were in them, in the order of their paths: after a head come blocks, each a length,
// a SHA-256 and some rows of one folder. docs/formats/snapshots.md has the details.
const (
	memoryMagic = "rondo stat 5\n"
	formerMagic = "rondo stat 4\n" // of before rows could be lost; the same else
	headSize    = len(memoryMagic) + 4*len(ref.Zero)
	blockHead   = 4 + len(ref.Zero)
	blockRows   = 512 // after which a block ends
	maxBlock    = 1 << 20
)

// blockEnd is what ends a file: the head of a block of nothing. A file without it was cut short.
var blockEnd [blockHead]byte

// Row is how a file looked when its content was known.
type Row struct {
	Stamp  Stamp
	Digest ref.Digest
	Lost   bool // when it was last read it held something else, though nothing had given it a new time
}

// block is some files of one folder, one after the other in the order of paths, with no
// other folder among them.
type block struct {
	prefix  string // "" or "sub/"
	begins  bool   // it is the folder's first
	look    Stamp  // of the folder; zero where it is not to be believed
	entries int    // files and folders in the folder
	count   int    // rows
	first   string // names
	last    string
	rows    []byte

	from  source
	at    int64     // where it lies there
	size  int       // with its head
	alive time.Time // when the machine last went that noted it, if that was in another of its starts
}

// source is one of the files that a memory is in.
type source byte

const (
	base  source = iota
	more         // folders that have changed since
	fresh        // what is being written
)

// path is where the block stands in the order of all.
func (b *block) path() (prefix, name string) {
	if b.begins {
		return b.prefix, ""
	}
	return b.prefix, b.first
}

const (
	flagBegins = 1 << iota
)

// parseBlock reads what comes before the rows.
func parseBlock(payload []byte) (b *block, ok bool) {
	p := parser{b: payload}
	b = &block{begins: p.uint()&flagBegins != 0}
	b.prefix = p.text()
	if b.begins {
		b.look.Size, b.look.Mtime = int64(p.uint()), p.int()
		b.look.Ctime = b.look.Mtime + p.int()
		b.look.Inode = p.uint()
		b.entries = int(p.uint())
	}
	b.count = int(p.uint())
	b.first, b.last, b.rows = p.text(), p.text(), p.b
	ok = !p.bad && b.entries >= 0 && b.count >= 0 && b.count <= blockRows && validPrefix(b.prefix) && (b.begins || b.count > 0)
	return b, ok
}

// validPrefix reports whether a path leads into no folder but those below.
func validPrefix(prefix string) bool {
	if prefix == "" {
		return true
	}
	if !strings.HasSuffix(prefix, "/") {
		return false
	}
	for part := range strings.SplitSeq(prefix[:len(prefix)-1], "/") {
		if !validName(part) {
			return false
		}
	}
	return true
}

func validName[T string | []byte](name T) bool {
	for i := range len(name) {
		if name[i] == '/' || name[i] == 0 {
			return false
		}
	}
	return len(name) > 0 && string(name) != "." && string(name) != ".."
}

// rowParser takes rows off a block.
type rowParser struct {
	parser
	left int
	name []byte
	row  Row
	ok   bool // the row tells how the file looked; else its name alone
	last Row

	alive time.Time // as the block's
}

func (b *block) parser() rowParser {
	return rowParser{parser: parser{b: b.rows}, left: b.count, alive: b.alive}
}

// next reads a row; false at the end, or where it is none.
func (p *rowParser) next() bool {
	if p.left == 0 {
		return false
	}
	p.left--
	shared, length := p.uint(), p.uint()
	if p.bad || shared > uint64(len(p.name)) || length > uint64(len(p.b)) {
		p.bad = true
		return false
	}
	p.name = append(p.name[:shared], p.b[:length]...)
	p.b = p.b[length:]
	size := p.uint()
	if p.ok = size != 0; !p.ok {
		p.row = Row{}
		return !p.bad
	}
	lost := size&flagsOfRow == flagLost
	s := Stamp{Size: int64(size >> 2), Exec: size&flagsOfRow == flagKnown|flagExec}
	s.Mtime = p.last.Stamp.Mtime + p.int()
	s.Ctime = s.Mtime + p.int()
	s.Inode = p.last.Stamp.Inode + uint64(p.int())
	if p.bad || len(p.b) < len(ref.Zero) {
		p.bad = true
		return false
	}
	p.row = Row{s, ref.Digest(p.b[:len(ref.Zero)]), lost}
	p.last, p.b = p.row, p.b[len(ref.Zero):]
	p.ok = !lost && (p.alive.IsZero() || s.Lasting(p.alive))
	return true
}

// What a row says of a file, beside its size. Nothing: its name alone is known.
const (
	flagExec  = 1
	flagKnown = 2
	flagLost  = 1 // without flagKnown

	flagsOfRow = 3
)

func (r Row) flags() uint64 {
	switch {
	case r.Lost:
		return flagLost
	case r.Stamp.Exec:
		return flagKnown | flagExec
	}
	return flagKnown
}

// rowWriter makes the rows of a block.
type rowWriter struct {
	b           []byte
	count       int
	first, name []byte
	last        Row
}

func (w *rowWriter) reset() { *w = rowWriter{b: w.b[:0], first: w.first[:0], name: w.name[:0]} }

func (w *rowWriter) add(name string, row Row, ok bool) {
	shared := 0
	for shared < len(w.name) && shared < len(name) && w.name[shared] == name[shared] {
		shared++
	}
	if w.name = append(w.name[:shared], name[shared:]...); w.count == 0 {
		w.first = append(w.first[:0], name...)
	}
	w.count++
	b := binary.AppendUvarint(w.b, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(name)-shared))
	b = append(b, name[shared:]...)
	if !ok {
		w.b = append(b, 0)
		return
	}
	b = binary.AppendUvarint(b, uint64(row.Stamp.Size)<<2|row.flags())
	b = binary.AppendVarint(b, row.Stamp.Mtime-w.last.Stamp.Mtime)
	b = binary.AppendVarint(b, row.Stamp.Ctime-row.Stamp.Mtime)
	b = binary.AppendVarint(b, int64(row.Stamp.Inode-w.last.Stamp.Inode))
	w.b, w.last = append(b, row.Digest[:]...), row
}

// encode makes the whole block, head and all.
func (w *rowWriter) encode(into []byte, b *block) []byte {
	into = append(into[:0], make([]byte, blockHead)...)
	flags := uint64(0)
	if b.begins {
		flags = flagBegins
	}
	into = binary.AppendUvarint(into, flags)
	into = appendText(into, b.prefix)
	if b.begins {
		into = binary.AppendUvarint(into, uint64(b.look.Size))
		into = binary.AppendVarint(into, b.look.Mtime)
		into = binary.AppendVarint(into, b.look.Ctime-b.look.Mtime)
		into = binary.AppendUvarint(into, b.look.Inode)
		into = binary.AppendUvarint(into, uint64(b.entries))
	}
	into = binary.AppendUvarint(into, uint64(w.count))
	into = appendText(into, w.first)
	into = appendText(into, w.name)
	into = append(into, w.b...)
	payload := into[blockHead:]
	binary.BigEndian.PutUint32(into, uint32(len(payload)))
	sum := ref.Of(payload)
	copy(into[4:], sum[:])
	return into
}

func appendText[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// parser takes numbers off the front of bytes.
type parser struct {
	b   []byte
	bad bool
}

func (p *parser) uint() uint64 {
	if len(p.b) > 0 && p.b[0] < 0x80 {
		v := p.b[0]
		p.b = p.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(p.b)
	if n <= 0 {
		p.bad = true
		return 0
	}
	p.b = p.b[n:]
	return v
}

func (p *parser) int() int64 {
	v := p.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (p *parser) text() string {
	n := p.uint()
	if p.bad || n > uint64(len(p.b)) {
		p.bad = true
		return ""
	}
	s := string(p.b[:n])
	p.b = p.b[n:]
	return s
}
