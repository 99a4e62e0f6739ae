package folder

import (
	"errors"
	"os"
	"path"
	"strings"

	"rondo/backend/ref"
)

// Memory is how the files of a folder looked, as it is read and written anew in one walk.
// A small change is written to a file beside the large one. What an interrupted walk has
// learned is kept beside them too, and read first.
type Memory struct {
	path  string
	start ref.Digest // of the machine
	old   *finder
	part  *finder // of a walk that did not end
	label ref.Digest

	same int     // rows that Add was told and are the old ones so far
	w    *writer // of what is new
	plan plan
	lost bool // a folder is gone
	err  error
}

// The files beside the one at a memory's path.
const (
	moreSuffix = ".more"
	partSuffix = ".part"
	passed     = ".old" // of the part
	tmpSuffix  = ".tmp"
)

// Recall opens the memory that is kept at path, in the start of the machine of that name. A file
// that is not there, or of another kind, holds nothing. What was noted in another start, of a file
// that had changed less than an hour before the memory was last used there, is not believed.
func Recall(path, boot string) *Memory {
	m := &Memory{path: path, start: ref.Of([]byte(boot))}
	m.old, m.part = m.open(), find(openStream(path+partSuffix, fresh, m.start))
	if m.part != nil {
		// The rows of this walk go to the file's next version, so the part is out of the way first.
		if err := os.Rename(path+partSuffix, path+partSuffix+passed); err != nil {
			m.err = err
		}
	}
	return m
}

func (m *Memory) open() *finder {
	b := openStream(m.path, base, m.start)
	if b == nil {
		return nil
	}
	return &finder{m: &merged{base: b, more: openMore(m.path+moreSuffix, b, m.start)}}
}

func find(s *stream) *finder {
	if s == nil {
		return nil
	}
	return &finder{m: &merged{base: s}}
}

// Label is the tree of all files as they were noted; Zero where some were not, or it is
// not known.
func (m *Memory) Label() ref.Digest {
	if m == nil || m.old == nil || m.part != nil {
		return ref.Zero
	}
	return m.old.m.label()
}

// SetLabel says which tree the files are that the next Save notes.
func (m *Memory) SetLabel(tree ref.Digest) {
	if m != nil {
		m.label = tree
	}
}

// Known is what a memory says of one path. Where it is not OK the file has to be read; what it
// held when it looked like the row may be told all the same.
type Known struct {
	Row
	OK bool
	at int // the row's place in the memory
}

// Loses reports whether a file that looks like now and was read to be d has lost what is known of it.
func (k Known) Loses(now Stamp, d ref.Digest) bool {
	return !k.Digest.IsZero() && k.Digest != d && k.Stamp.SameTime(now)
}

// Find returns what is known of a path. Paths must be asked for in their order.
func (m *Memory) Find(prefix, name string) (k Known) {
	if m == nil {
		return k
	}
	k.Row, k.at, k.OK = m.old.find(prefix, name)
	if late, _, ok := m.part.find(prefix, name); !late.Digest.IsZero() {
		k = Known{Row: late, OK: ok, at: -1}
	}
	return k
}

// begun says that a walk enters a folder, and returns the block that it begins with where
// that can be relied on.
func (m *Memory) begun(prefix string) *block {
	if m == nil || m.old == nil {
		return nil
	}
	b := m.old.enter(prefix)
	if b != nil && m.part != nil {
		m.old.put(b) // its rows are asked for, one by one
		return nil
	}
	return b
}

// remembers reports whether the names in folders may be known.
func (m *Memory) remembers() bool { return m != nil && m.old != nil && m.part == nil }

// pass says that the walk is done with a folder.
func (m *Memory) pass(prefix string) {
	if m != nil && m.old != nil {
		m.old.pass(prefix)
	}
}

// Add notes a row, in the order of paths, of which the memory said what is known. Nothing
// is written as long as all is as it was.
func (m *Memory) Add(prefix, name string, row Row, known Known) {
	if m.w == nil && m.part == nil && known.OK && known.at == m.same && known.Row == row && m.err == nil {
		m.same++
		return
	}
	if m.catchUp(); m.err != nil {
		return
	}
	full := prefix + name
	prefix = full[:strings.LastIndexByte(full, '/')+1]
	m.w.enter(prefix)
	m.w.row(full[len(prefix):], row, true)
}

// catchUp writes the rows that were the same so far.
func (m *Memory) catchUp() {
	if m.ready(); m.err != nil || m.same == 0 {
		return
	}
	again := m.open()
	defer again.close()
	for ; m.same > 0; m.same-- {
		prefix, name, row, ok := again.nextKnown()
		if !ok {
			m.err = errors.New("the memory changed while it was read")
			return
		}
		m.w.enter(prefix)
		m.w.row(name, row, true)
	}
}

// ready begins to write.
func (m *Memory) ready() {
	if m.w == nil && m.err == nil {
		m.w, m.err = newWriter(m.path+partSuffix, &m.plan, m.start)
	}
}

// Keep notes files that look as they did. They come from the memory, with the batch.
func (m *Memory) Keep(b *Batch) {
	if m.w != nil {
		m.w.flush()
	}
	m.plan.keep(b.block)
}

// Enter notes how a folder looked before its names were read. Its files follow.
func (m *Memory) Enter(prefix string, look Stamp, entries int) {
	if m.ready(); m.err == nil {
		m.w.begin(prefix, look, entries)
	}
}

// Note notes a file of the folder that was entered last, or that comes back to one that it
// lies in; ok is false for one of which the name alone can be relied on.
func (m *Memory) Note(prefix, name string, row Row, ok bool) {
	if m.ready(); m.err == nil {
		m.w.enter(prefix)
		m.w.row(name, row, ok)
	}
}

// Cut ends a block, so that the next time the files up to here are looked at together.
func (m *Memory) Cut() {
	if m != nil && m.w != nil {
		m.w.flush()
	}
}

// finder looks for paths in their order.
type finder struct {
	m    *merged
	b    *block // rows of it are not passed yet
	p    rowParser
	on   bool // the parser is at a row
	n    int  // rows that told how a file looked, up to that one
	lost bool
}

func (f *finder) close() {
	if f != nil {
		f.m.close()
	}
}

// put makes the rows of a block the next ones.
func (f *finder) put(b *block) {
	f.b, f.p, f.on = b, b.parser(), false
	f.step()
}

func (f *finder) step() {
	if f.on && f.p.ok {
		f.n++
	}
	if f.on = f.p.next(); !f.on {
		f.b = nil
	}
}

// row goes to the next row if it is at none, and reports whether there is one.
func (f *finder) row() bool {
	for !f.on {
		b := f.m.take()
		if b == nil {
			return false
		}
		f.put(b)
	}
	return true
}

func (f *finder) find(prefix, name string) (row Row, at int, ok bool) {
	if f == nil {
		return row, 0, false
	}
	for f.reaches(prefix, name) {
		var c int
		if f.b.prefix == prefix {
			c = compareName(f.p.name, name)
		} else {
			c = comparePaths(f.b.prefix, string(f.p.name), prefix, name)
		}
		if c > 0 {
			break
		}
		row, at, ok = f.p.row, f.n, c == 0 && f.p.ok
		if f.step(); c == 0 {
			return row, at, ok
		}
	}
	return Row{}, 0, false
}

// reaches goes to the next row if it is at none, and reports whether there is one in a block
// that does not begin behind a path. Blocks that do are left for whoever enters their folder.
func (f *finder) reaches(prefix, name string) bool {
	for !f.on {
		b := f.m.peek()
		if b == nil {
			return false
		}
		if p, n := b.path(); comparePaths(p, n, prefix, name) > 0 {
			return false
		}
		f.m.take()
		f.lost = f.lost || b.begins && b.prefix != ""
		f.put(b)
	}
	return true
}

func compareName(a []byte, b string) int {
	switch {
	case string(a) < b:
		return -1
	case string(a) > b:
		return 1
	}
	return 0
}

// nextKnown returns one row after the other that tells how a file looked.
func (f *finder) nextKnown() (prefix, name string, row Row, ok bool) {
	for f != nil && f.row() {
		prefix, name, row, ok = f.b.prefix, string(f.p.name), f.p.row, f.p.ok
		if f.step(); ok {
			return prefix, name, row, true
		}
	}
	return "", "", Row{}, false
}

// enter passes over what comes before a folder, and returns the block that it begins with.
func (f *finder) enter(prefix string) *block {
	for {
		for f.on && comparePaths(f.b.prefix, string(f.p.name), prefix, "") < 0 {
			f.step()
		}
		if f.on {
			return nil
		}
		b := f.m.peek()
		if b == nil {
			return nil
		}
		if b.begins && b.prefix == prefix {
			return f.m.take()
		}
		if p, n := b.path(); comparePaths(p, n, prefix, "") >= 0 {
			return nil
		}
		f.m.take()
		f.lost = f.lost || b.begins
		f.put(b)
	}
}

// pass passes over what is left of a folder.
func (f *finder) pass(prefix string) {
	for {
		for f.on && strings.HasPrefix(f.b.prefix, prefix) {
			f.step()
		}
		if f.on {
			return
		}
		b := f.m.peek()
		if b == nil || !strings.HasPrefix(b.prefix, prefix) {
			return
		}
		f.m.take()
		f.lost = f.lost || b.begins
	}
}

// child reports whether a block begins a folder in the one with the prefix, and its name.
func (b *block) child(prefix string) (name string, ok bool) {
	if !b.begins || len(b.prefix) <= len(prefix) || !strings.HasPrefix(b.prefix, prefix) {
		return "", false
	}
	name = path.Clean(b.prefix[len(prefix):])
	return name, !strings.Contains(name, "/")
}
