package folder

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/ref"
)

// plan is where the blocks of a memory's next version lie now, in their order.
type plan struct {
	steps   []step
	changed []bool   // of folders, by their number: something of it is written anew, or was the last time
	open    []folder // each in the one before
	olds    int64    // bytes of what was there
	news    int64    // of what is written anew
}

type folder struct {
	prefix string
	number int
}

type step struct {
	at     int64
	size   int32
	folder int32
	from   source
}

// enter makes a folder the one that is written to; begins is true where it has not begun.
func (p *plan) enter(prefix string, begins bool) {
	for len(p.open) > 0 && (!strings.HasPrefix(prefix, p.top().prefix) || begins && p.top().prefix == prefix) {
		p.open = p.open[:len(p.open)-1]
	}
	if begins {
		p.open = append(p.open, folder{prefix, len(p.changed)})
		p.changed = append(p.changed, false)
	}
}

func (p *plan) top() folder { return p.open[len(p.open)-1] }

func (p *plan) has(prefix string) bool { return len(p.open) > 0 && p.top().prefix == prefix }

func (p *plan) add(b *block) {
	p.enter(b.prefix, b.begins)
	n := p.top().number
	p.steps = append(p.steps, step{b.at, int32(b.size), int32(n), b.from})
	if b.from != base {
		p.changed[n] = true
	}
}

func (p *plan) keep(b *block) {
	p.add(b)
	p.olds += int64(b.size)
}

// writer writes the blocks that are new.
type writer struct {
	plan *plan
	f    *os.File
	w    *bufio.Writer
	at   int64
	b    *block // that is being filled; nil: none
	rows rowWriter
	buf  []byte
	err  error
}

func newWriter(path string, p *plan, start ref.Digest) (*writer, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := &writer{plan: p, f: f, w: bufio.NewWriterSize(f, 256<<10), at: int64(headSize)}
	_, err = w.w.Write(newHead(start).encode())
	return w, err
}

func newHead(start ref.Digest) (h head) {
	rand.Read(h.id[:]) // which never fails
	h.start = start
	return h
}

func (w *writer) begin(prefix string, look Stamp, entries int) {
	w.flush()
	w.b = &block{begins: true, prefix: prefix, look: look, entries: entries}
	w.plan.enter(prefix, true)
}

// enter goes to a folder. Those on the way to it that have not begun do now, without a
// word on how they look.
func (w *writer) enter(prefix string) {
	if w.b != nil && w.b.prefix == prefix {
		return
	}
	w.flush()
	w.plan.enter(prefix, false)
	if len(w.plan.open) == 0 {
		w.begin("", Stamp{}, 0)
	}
	for !w.plan.has(prefix) {
		have := len(w.plan.top().prefix)
		w.begin(prefix[:have+strings.IndexByte(prefix[have:], '/')+1], Stamp{}, 0)
	}
	if w.b == nil || w.b.prefix != prefix {
		w.flush()
		w.b = &block{prefix: prefix}
	}
}

func (w *writer) row(name string, row Row, ok bool) {
	if w.b == nil {
		w.b = &block{prefix: w.plan.top().prefix}
	}
	if w.rows.add(name, row, ok); w.rows.count == blockRows || len(w.rows.b) > maxBlock/2 {
		w.flush()
	}
}

// flush ends a block.
func (w *writer) flush() {
	b := w.b
	if w.b = nil; b == nil || !b.begins && w.rows.count == 0 {
		return
	}
	w.buf = w.rows.encode(w.buf, b)
	w.rows.reset()
	b.from, b.at, b.size = fresh, w.at, len(w.buf)
	n := w.plan.top().number
	w.plan.steps = append(w.plan.steps, step{b.at, int32(b.size), int32(n), fresh})
	w.plan.changed[n] = true
	w.at += int64(b.size)
	w.plan.news += int64(b.size)
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = err
	}
}

func (w *writer) end() error {
	w.flush()
	w.w.Write(blockEnd[:])
	return errors.Join(w.err, w.w.Flush())
}

// Save makes what was noted the memory. Losing it costs a reading of the files, so it is
// not waited for to be on disk: what a crash leaves is told by its digests.
func (m *Memory) Save() error {
	if m.err == nil && m.w == nil && m.part == nil && m.isSame() {
		m.stillSo()
		m.close()
		return nil
	}
	defer m.close()
	if m.same > 0 {
		m.catchUp()
	}
	if m.ready(); m.err != nil {
		return m.err
	}
	if err := m.w.end(); err != nil {
		return err
	}
	defer os.Remove(m.path + partSuffix)
	err := m.write()
	if err == nil && m.part != nil {
		os.Remove(m.path + partSuffix + passed) // else it is in the way of nothing
	}
	return err
}

// stillSo notes, by the time of its files, that the memory was right at a moment at which the machine
// went. What another start has noted stays as old as it is.
func (m *Memory) stillSo() {
	now := time.Now()
	if m.old == nil {
		return
	}
	for path, s := range map[string]*stream{m.path: m.old.m.base, m.path + moreSuffix: m.old.m.more} {
		if s != nil && s.start == m.start {
			_ = os.Chtimes(path, now, now) // else more of it is read anew after the next start
		}
	}
}

// isSame reports whether what was noted is what is remembered.
func (m *Memory) isSame() bool {
	if len(m.plan.steps) > 0 { // a walk has noted it
		return !m.gone() && m.label == m.old.m.label()
	}
	if m.old == nil {
		return m.same == 0
	}
	for m.old.row() {
		m.old.step()
	}
	return m.same == m.old.n
}

// gone reports whether the old memory has folders that are none any more, or more than can
// be read of it.
func (m *Memory) gone() bool {
	return m.lost || m.old == nil || m.old.lost || m.old.m.base.damaged || m.old.m.peek() != nil
}

// moreShare is how much larger the base is than what is kept beside it.
const moreShare = 8

// write writes the next version: of the folders that have changed if these are few.
func (m *Memory) write() error {
	p := &m.plan
	if p.olds == 0 {
		return m.become()
	}
	some := int64(0)
	for _, s := range p.steps {
		if p.changed[s.folder] {
			some += int64(s.size)
		}
	}
	if m.gone() || some*moreShare > m.old.m.base.size {
		return m.copyAll()
	}
	return m.copyChanged()
}

// become makes what was written the memory as it is.
func (m *Memory) become() error {
	h := newHead(m.start)
	h.label = m.label
	if _, err := m.w.f.WriteAt(h.encode(), 0); err != nil {
		return err
	}
	m.close()
	os.Remove(m.path + moreSuffix)
	return os.Rename(m.path+partSuffix, m.path)
}

func (m *Memory) copyAll() error {
	h := newHead(m.start)
	h.label = m.label
	f, err := os.OpenFile(m.path+tmpSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 256<<10)
	w.Write(h.encode())
	err = m.copySteps(w, func(step) bool { return true })
	w.Write(blockEnd[:])
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(m.path+tmpSuffix))
	}
	m.close()
	os.Remove(m.path + moreSuffix) // what it adds to is no more
	return os.Rename(m.path+tmpSuffix, m.path)
}

// copyChanged writes the file that adds to the base: after its head the SHA-256 of the rest.
func (m *Memory) copyChanged() error {
	var rest bytes.Buffer
	if err := m.copySteps(&rest, func(s step) bool { return m.plan.changed[s.folder] }); err != nil {
		return err
	}
	rest.Write(blockEnd[:])
	sum := ref.Of(rest.Bytes())
	all := head{m.old.m.base.id, m.label, m.start}.encode()
	all = append(append(all, sum[:]...), rest.Bytes()...)
	if err := os.WriteFile(m.path+moreSuffix+tmpSuffix, all, 0o600); err != nil {
		return errors.Join(err, os.Remove(m.path+moreSuffix+tmpSuffix))
	}
	m.close()
	return os.Rename(m.path+moreSuffix+tmpSuffix, m.path+moreSuffix)
}

// openMore begins to read the file that adds to a base; nil where it does not, or is not
// whole.
func openMore(path string, to *stream, start ref.Digest) *stream {
	fi, err := os.Stat(path)
	if err != nil {
		return nil
	}
	all, err := os.ReadFile(path)
	if err != nil || len(all) < headSize+len(ref.Zero) {
		return nil
	}
	h, ok := parseHead(all)
	rest := all[headSize+len(ref.Zero):]
	if !ok || h.id != to.id || ref.Of(rest) != ref.Digest(all[headSize:]) {
		return nil
	}
	s := &stream{head: h, all: rest, r: bufio.NewReaderSize(bytes.NewReader(rest), 64<<10), from: more}
	s.doubt(start, fi)
	return s
}

// copySteps copies the blocks that are wanted, those that lie one after the other at once.
func (m *Memory) copySteps(to io.Writer, wanted func(step) bool) error {
	p := &m.plan
	var buf []byte
	for i := 0; i < len(p.steps); {
		if !wanted(p.steps[i]) {
			i++
			continue
		}
		s := p.steps[i]
		size := int64(s.size)
		for i++; i < len(p.steps) && wanted(p.steps[i]) && p.steps[i].from == s.from && p.steps[i].at == s.at+size && size < 1<<20; i++ {
			size += int64(p.steps[i].size)
		}
		if int64(cap(buf)) < size {
			buf = make([]byte, max(size, 1<<20))
		}
		if _, err := m.lies(s.from).ReadAt(buf[:size], s.at); err != nil {
			return err
		}
		if _, err := to.Write(buf[:size]); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) lies(from source) io.ReaderAt {
	switch from {
	case base:
		return m.old.m.base.f
	case more:
		return bytes.NewReader(m.old.m.more.all)
	}
	return m.w.f
}

// Interrupt keeps what was learned for the next walk.
func (m *Memory) Interrupt() {
	defer m.close()
	if m.w != nil && m.err == nil {
		for { // what the walk before had learned further on
			prefix, name, row, ok := m.part.nextKnown()
			if !ok {
				break
			}
			m.w.enter(prefix)
			m.w.row(name, row, true)
		}
		if m.err = m.w.end(); m.err == nil && m.part != nil {
			os.Remove(m.path + partSuffix + passed)
		}
		return
	}
	if m.part != nil {
		m.err = os.Rename(m.path+partSuffix+passed, m.path+partSuffix)
	}
}

func (m *Memory) close() {
	m.old.close()
	m.part.close()
	if m.w != nil {
		m.w.f.Close()
	}
}
