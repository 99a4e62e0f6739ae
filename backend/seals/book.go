package seals

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Book is what all files of seals of a folder say.
type Book struct {
	files   map[string]*entry
	taken   map[string]int64  // when what has the name, or is below it, was last removed
	read    map[string]int64  // by file of seals: how much of it is in the book
	tails   map[string]string // by file of seals: the end of what is in the book
	damaged map[string][]Damage
	last    int64 // the latest time in it
}

// Damage is a place in a file of seals that is not what was written.
type Damage struct {
	File         string
	Offset, Size int64
	Why          string
}

const (
	maxFile  = 512 << 20 // bytes of one file of seals
	tailSize = 16        // bytes by which it is known again: a line ends with its checksum, and no two are the same
)

func newBook() *Book {
	return &Book{
		files: map[string]*entry{}, taken: map[string]int64{}, read: map[string]int64{}, tails: map[string]string{}, damaged: map[string][]Damage{},
	}
}

// Read reads the files of seals in root.
func Read(root *os.Root) (*Book, error) {
	b := newBook()
	return b, b.goOn(root)
}

// goOn reads what has come since.
func (b *Book) goOn(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasSuffix(name, suffix) && !strings.HasPrefix(name, ".") {
			if err := b.file(root, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Damage lists what of the files of seals is not what was written.
func (b *Book) Damage() (list []Damage) {
	for _, d := range b.damaged {
		list = append(list, d...)
	}
	slices.SortFunc(list, func(a, b Damage) int {
		return strings.Compare(fmt.Sprint(a.File, a.Offset), fmt.Sprint(b.File, b.Offset))
	})
	return list
}

func (b *Book) file(root *os.Root, name string) error {
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	if !b.goesOn(f, name) || info.Size() > maxFile { // another one lies there now; what it said before counts on
		b.read[name] = 0
		delete(b.damaged, name)
	}
	if info.Size() == b.read[name] {
		return nil
	}
	text, err := io.ReadAll(io.NewSectionReader(f, b.read[name], maxFile))
	if err != nil {
		return err
	}
	b.text(name, text)
	return nil
}

// goesOn reports whether a file of seals is the one that was read before, perhaps with more behind.
func (b *Book) goesOn(f *os.File, name string) bool {
	tail := make([]byte, len(b.tails[name]))
	_, err := f.ReadAt(tail, b.read[name]-int64(len(tail)))
	return err == nil && string(tail) == b.tails[name]
}

// text takes over whole lines.
func (b *Book) text(name string, text []byte) {
	at, all := b.read[name], text
	bad := func(n int, why string) {
		b.damaged[name] = append(b.damaged[name], Damage{name, at, int64(n), why})
	}
	if at == 0 && len(text) > 0 {
		text = b.skipHead(text, &at, bad)
	}
	for len(text) > 0 {
		one, rest, whole := bytes.Cut(text, []byte("\n"))
		l, ok := parseLine(string(one))
		switch {
		case ok:
			l.from = name
			b.add(l)
		case whole && !lost(one, at):
			bad(len(one)+1, "a line is not what was written")
		case !whole && !unfinished(one):
			bad(len(one), "its last line is not what was written")
		}
		if !whole {
			break // it may be on its way, and is read again
		}
		at, text = at+int64(len(one))+1, rest
	}
	if done := all[:at-b.read[name]]; len(done) > 0 {
		b.tails[name], b.read[name] = string(done[max(0, len(done)-tailSize):]), at
	}
}

// skipHead passes over the first line. Where it is damaged the lines behind it, which have
// checksums, count all the same.
func (b *Book) skipHead(text []byte, at *int64, bad func(int, string)) []byte {
	if len(text) < len(head) && strings.HasPrefix(head, string(text)) {
		return nil // it is only begun
	}
	n := len(head)
	if !bytes.HasPrefix(text, []byte(head)) {
		if n = bytes.IndexByte(text, '\n') + 1; n == 0 || n > len(head) {
			n = min(len(head), len(text))
		}
		if !lostHead(text, n) {
			bad(n, "it does not begin as a file of seals does")
		}
	}
	*at += int64(n)
	return text[n:]
}

// unfinished reports whether the end of a file that is no line can be a write that did not
// end: a whole line whose end is another byte cannot.
func unfinished(tail []byte) bool {
	_, ok := parseLine(string(tail[:len(tail)-1]))
	return !ok || tail[len(tail)-1] == 0
}

// lostHead is lost for the first n bytes, where the zeros may go on to the end of the file.
func lostHead(text []byte, n int) bool {
	for n < len(text) && text[n] == 0 {
		n++
	}
	return lost(text[:n], 0) || n == len(text) && bytes.HasSuffix(text, []byte{0, 0})
}

const sector = 512 // bytes that a disk writes at once

// lost reports whether a stretch of the file at an offset has zeros from or to the edge of a
// sector, where a machine stopped before all of what was not synced got to disk. One zero
// may as well be a changed bit.
func lost(text []byte, at int64) bool {
	for i := 0; i < len(text); i++ {
		from := i
		for i < len(text) && text[i] == 0 {
			i++
		}
		if i-from > 1 && ((at+int64(from))%sector == 0 || (at+int64(i))%sector == 0) {
			return true
		}
	}
	return false
}

func (b *Book) add(l line) {
	b.last = max(b.last, l.at)
	if l.word == removed {
		b.taken[l.name] = max(b.taken[l.name], l.at)
		return
	}
	e := b.files[l.name]
	if e == nil {
		e = &entry{}
		b.files[l.name] = e
	}
	e.add(l)
}

// gone is when a name was last removed.
func (b *Book) gone(name string) int64 {
	at := b.taken[name]
	for i := range len(name) {
		if name[i] == '/' {
			at = max(at, b.taken[name[:i]])
		}
	}
	return at
}

// Of returns what a file may hold. It is empty for one that has no seal; certain says
// whether a file is known to have got the name, so that anything else there is damaged.
func (b *Book) Of(name string) (list []Seal, certain bool) {
	e := b.files[name]
	if e == nil {
		return nil, false
	}
	gone := b.gone(name)
	for _, l := range e.came {
		if l.at > gone {
			list = append(list, l.seal)
		}
	}
	return list, e.lastPlaced() > gone && len(list) > 0
}

// Names lists the files that should be there, in order.
func (b *Book) Names() (list []string) {
	for name := range b.files {
		if _, certain := b.Of(name); certain && fs.ValidPath(name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
