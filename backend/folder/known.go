package folder

import (
	"sync"
	"unsafe"

	"rondo/backend/errs"
)

// visitKnown goes through the names that the memory has of a folder, which looks as it did
// when they were read. Should it have fewer than there were, the rest is listed.
func (w *walker) visitKnown(l *listing, b *block, in *level) error {
	prefix, entries := b.prefix, b.entries
	behind := ""
	for {
		if name, ok := b.child(prefix); ok {
			if err := w.visitChild(l, name, b.prefix, in); err != nil {
				return err
			}
			behind, entries = name+"/", entries-1
		} else {
			if b.count > 0 {
				behind, entries = b.last, entries-b.count
			}
			if err := w.sendKnown(l, b); err != nil {
				return err
			}
		}
		if b = w.m.old.inside(prefix); b == nil {
			break
		}
	}
	switch {
	case entries == 0:
		return nil
	case behind == "": // nothing of it came
		behind = "\x00"
	}
	return w.visitListed(l, prefix, behind, in)
}

// inside is the next block of a folder, or the one that a folder in it begins with, which
// is only looked at.
func (f *finder) inside(prefix string) *block {
	if f.on {
		return nil
	}
	b := f.m.peek()
	if b == nil {
		return nil
	}
	if b.prefix == prefix && !b.begins {
		return f.m.take()
	}
	if _, ok := b.child(prefix); ok {
		return b
	}
	return nil
}

func (w *walker) visitChild(l *listing, name, prefix string, in *level) error {
	one := &listing{done: make(chan struct{})}
	if one.dir, one.err = l.dir.openDir(name); one.err != nil {
		close(one.done)
	} else {
		one.open(w)
	}
	return w.visit(one, prefix, in)
}

func (w *walker) sendKnown(l *listing, b *block) error {
	l.dir.hold()
	return w.send(&Batch{Dir: l.dir, Prefix: b.prefix, Begins: b.begins, Look: b.look, Count: b.entries, Same: true, block: b, done: make(chan struct{}), full: w.base, refused: w.refused})
}

// scratch is the memory that the names of a batch, and what is known of them, lie in.
type scratch struct {
	blob   []byte
	ends   []int
	names  []string
	stamps []Stamp
	known  []Known
}

var scratches = sync.Pool{New: func() any {
	return &scratch{ends: make([]int, 0, blockRows), names: make([]string, blockRows), stamps: make([]Stamp, blockRows), known: make([]Known, blockRows)}
}}

func (s *scratch) release() { scratches.Put(s) }

// fromMemory reads the names and what is known of them.
func (b *Batch) fromMemory() error {
	s := scratches.Get().(*scratch)
	b.mem = s
	s.blob, s.ends = s.blob[:0], s.ends[:0]
	p := b.block.parser()
	for i := 0; p.next(); i++ {
		if !validName(p.name) {
			p.bad = true
			break
		}
		s.blob = append(append(s.blob, p.name...), 0) // which the system's calls want
		s.ends = append(s.ends, len(s.blob))
		s.known[i] = Known{Row: p.row, OK: p.ok}
	}
	n := len(s.ends)
	if p.bad || n != b.block.count {
		return errs.New(errs.Corrupt, "what is remembered of the files below %q makes no sense", b.Prefix).
			WithHint("delete the folder stat in the device's folder; the files are then read once more")
	}
	at := 0
	for i, end := range s.ends {
		s.names[i] = unsafe.String(&s.blob[at], end-1-at)
		at = end
	}
	b.size = at - n
	b.Names, b.Stamps, b.Known = s.names[:n], s.stamps[:n], s.known[:n]
	return nil
}
