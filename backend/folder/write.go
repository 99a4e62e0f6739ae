package folder

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"

	"rondo/backend/ref"
)

// Memory is how the files of a folder looked, as it is read and written anew in one walk.
// What an interrupted walk has learned is kept beside it, and read first.
type Memory struct {
	path string
	old  *Reader
	part *Reader // of a walk that did not end

	same int // rows that were added and are the old ones so far
	w    *writer
	err  error
}

const partSuffix = ".part"

// Recall opens the memory that is kept at path.
func Recall(path string) *Memory {
	m := &Memory{path: path, old: OpenMemory(path)}
	if m.part = OpenMemory(path + partSuffix); m.part != nil {
		// The rows of this walk go to the file's next version, so the part is out of the way first.
		if err := os.Rename(path+partSuffix, path+partSuffix+".old"); err != nil {
			m.err = err
		}
	}
	return m
}

// Known is what a memory says of one path.
type Known struct {
	Row
	OK bool
	at int // the row's place in the memory
}

// Find returns what is known of a path. Paths must be asked for in their order.
func (m *Memory) Find(prefix, name string) (k Known) {
	if m == nil {
		return k
	}
	k.Row, k.at, k.OK = m.old.find(prefix, name)
	if late, _, ok := m.part.find(prefix, name); ok {
		k = Known{Row: late, OK: true, at: -1}
	}
	return k
}

// Add notes a row, in the order of paths, of which the memory said what is known. Nothing
// is written as long as all is as it was.
func (m *Memory) Add(prefix, name string, row Row, known Known) {
	if m.w == nil && m.part == nil && known.OK && known.at == m.same && known.Row == row && m.err == nil {
		m.same++
		return
	}
	if m.begin(); m.err == nil {
		m.err = m.w.add(prefix, name, row)
	}
}

// begin starts the file's next version with the rows that were the same so far.
func (m *Memory) begin() {
	if m.w != nil || m.err != nil {
		return
	}
	if m.w, m.err = newWriter(m.path + partSuffix); m.err != nil || m.same == 0 {
		return
	}
	r := OpenMemory(m.path)
	defer r.Close()
	for range m.same {
		path, row, ok := r.Next()
		if !ok {
			m.err = errors.New("the memory changed while it was read")
			return
		}
		if m.err = m.w.add("", path, row); m.err != nil {
			return
		}
	}
}

// Save makes the rows the memory. Losing them costs a reading of the files, so they are
// not waited for to be on disk: what a crash leaves is told by its digests.
func (m *Memory) Save() error {
	defer m.close()
	if m.w == nil && m.part == nil && m.err == nil {
		if m.same == m.old.rowCount() {
			return nil
		}
	}
	if m.begin(); m.err != nil {
		return m.err
	}
	if err := m.w.end(); err != nil {
		return err
	}
	m.w = nil
	m.forgetPart()
	return os.Rename(m.path+partSuffix, m.path)
}

// Interrupt keeps what was learned for the next walk.
func (m *Memory) Interrupt() {
	defer m.close()
	if m.w != nil && m.err == nil {
		for m.part != nil { // what the walk before had learned further on
			path, row, ok := m.part.Next()
			if !ok || m.w.add("", path, row) != nil {
				break
			}
		}
		m.err = m.w.end()
		m.w = nil
		m.forgetPart()
		return
	}
	if m.part != nil {
		m.err = os.Rename(m.path+partSuffix+".old", m.path+partSuffix)
	}
}

func (m *Memory) forgetPart() {
	if m.part != nil {
		os.Remove(m.path + partSuffix + ".old") // else it is in the way of nothing
	}
}

func (m *Memory) close() {
	m.old.Close()
	m.part.Close()
	if m.w != nil {
		m.w.f.Close()
	}
}

// rowCount reads on to the end and says how many rows there were.
func (m *Reader) rowCount() int {
	if m == nil {
		return 0
	}
	for m.ok {
		m.advance()
	}
	return m.n
}

// writer writes a memory file.
type writer struct {
	f    *os.File
	w    *bufio.Writer
	rows []byte
	path []byte
	last Row
}

func newWriter(path string) (*writer, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := &writer{f: f, w: bufio.NewWriterSize(f, 256<<10)}
	_, err = w.w.WriteString(memoryHead)
	return w, err
}

func (w *writer) add(prefix, name string, row Row) error {
	shared := sharedPrefix(w.path, prefix, name)
	w.path = append(append(w.path[:0], prefix...), name...)
	b := binary.AppendUvarint(w.rows, uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(w.path)-shared))
	b = append(b, w.path[shared:]...)
	size := uint64(row.Stamp.Size) << 1
	if row.Stamp.Exec {
		size |= 1
	}
	b = binary.AppendUvarint(b, size)
	b = binary.AppendVarint(b, row.Stamp.Mtime-w.last.Stamp.Mtime)
	b = binary.AppendVarint(b, row.Stamp.Ctime-row.Stamp.Mtime)
	b = binary.AppendVarint(b, int64(row.Stamp.Inode-w.last.Stamp.Inode))
	w.rows, w.last = append(b, row.Digest[:]...), row
	if len(w.rows) >= blockSize {
		return w.flush()
	}
	return nil
}

func sharedPrefix(path []byte, prefix, name string) int {
	n := 0
	for n < len(path) && n < len(prefix) && path[n] == prefix[n] {
		n++
	}
	if n < len(prefix) {
		return n
	}
	for n < len(path) && n-len(prefix) < len(name) && path[n] == name[n-len(prefix)] {
		n++
	}
	return n
}

// flush ends a block.
func (w *writer) flush() error {
	sum := ref.Of(w.rows)
	head := binary.BigEndian.AppendUint32(nil, uint32(len(w.rows)))
	w.w.Write(head)
	w.w.Write(sum[:])
	_, err := w.w.Write(w.rows)
	w.rows, w.path, w.last = w.rows[:0], w.path[:0], Row{}
	return err
}

func (w *writer) end() error {
	if len(w.rows) > 0 {
		if err := w.flush(); err != nil {
			return errors.Join(err, w.f.Close())
		}
	}
	if err := w.flush(); err != nil { // of no rows
		return errors.Join(err, w.f.Close())
	}
	return errors.Join(w.w.Flush(), w.f.Close())
}
