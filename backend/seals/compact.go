package seals

import (
	"cmp"
	"errors"
	"io"
	"os"
	"slices"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
)

const compactTo = 2 // a file of seals is replaced by one of at most a part in so many

var compactFrom int64 = 64 << 10 // bytes of one that is worth it

// compact replaces this device's file of seals by one that says the same, once most of its lines
// are about what was replaced or removed. Without it they would be as many as there were files. What
// keeps it from being replaced, such as a full disk or a damaged line, lets the old one stay.
func (o *folder) compact(root *os.Root, name string) {
	size := o.read[name]
	if size < max(compactFrom, compactTo*o.least) {
		return
	}
	o.least = size // it is not tried again before there is as much again
	text, ok := compacted(root, name)
	if !ok || int64(len(text))*compactTo > size {
		return
	}
	temp := "." + name + ".tmp" // one that is left over is written over
	renamed, err := replace(root, temp, name, text)
	if err != nil {
		o.unsure = o.unsure || renamed
		_ = root.Remove(temp) // it may not have been made, or be gone
		return
	}
	o.least, o.read[name], o.tails[name] = int64(len(text)), int64(len(text)), string(text[len(text)-min(len(text), tailSize):])
}

// compacted is what a file of seals says in as few lines as can be.
func compacted(root *os.Root, name string) ([]byte, bool) {
	f, err := root.Open(name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	old, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(old) > maxFile {
		return nil, false
	}
	b := newBook()
	b.text(name, old)
	if len(b.damaged) > 0 {
		return nil, false // it has to be told
	}
	text := []byte(head)
	for _, l := range b.lines() {
		text = l.append(text)
	}
	return text, true
}

// lines are all that a book of one file says: read with any lines of other files, they say the same as
// those that it was made of.
func (b *Book) lines() (list []line) {
	for name, e := range b.files {
		gone := b.gone(name)
		for _, l := range slices.Concat(e.came, e.placed) {
			if l.at > gone {
				list = append(list, l)
			}
		}
	}
	for name, at := range b.taken {
		if at >= b.gone(name) {
			list = append(list, line{word: removed, at: at, name: name})
		}
	}
	slices.SortFunc(list, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	return list
}

// replace gives the text the name once it is on disk, and waits until the disk has that too.
func replace(root *os.Root, temp, name string, text []byte) (renamed bool, err error) {
	f, err := root.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return false, err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, fault.Check("sync"), f.Sync(), f.Close(), fault.Check("rename")); err != nil {
		return false, err
	}
	fault.Point("seals.written")
	replaced := atomicfile.Replacing(root, name)
	err = root.Rename(temp, name)
	replaced()
	if err != nil {
		return false, err
	}
	fault.Point("seals.replaced")
	return true, errors.Join(fault.Check("syncdir"), atomicfile.SyncDirIn(root, "."))
}
