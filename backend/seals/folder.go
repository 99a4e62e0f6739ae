package seals

import (
	"errors"
	"io"
	"os"
	"slices"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
)

// folder is what a Keeper knows of a folder that is sealed. Each has a lock of its own, so
// that no run waits for another.
type folder struct {
	name  string
	users int // under the Keeper's lock

	names sync.RWMutex // shared by those who give names, alone for who takes some away

	mu sync.Mutex
	*Book
	least  int64 // bytes that its own file of seals had when it was last tried to have fewer
	unsure bool  // the name of its own file of seals may not be on disk
}

const keptFolders = 32 // in memory, besides those in use

// folder is to be left again.
func (k *Keeper) folder(root *os.Root) *folder {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := root.Name()
	o := k.folders[name]
	if o == nil {
		o = &folder{name: name, Book: newBook()}
		k.folders[name] = o
		k.recent = append(k.recent, name)
	}
	o.users++
	return o
}

func (k *Keeper) leave(o *folder) {
	k.mu.Lock()
	defer k.mu.Unlock()
	o.users--
	for i := 0; len(k.recent) > keptFolders && i < len(k.recent); {
		if k.folders[k.recent[i]].users > 0 {
			i++
			continue
		}
		delete(k.folders, k.recent[i])
		k.recent = slices.Delete(k.recent, i, i+1)
	}
}

// written is a file of seals with new lines.
type written struct {
	*os.File
	fresh bool // its name may not be on disk
}

// keep waits until the lines are on disk, and closes the file.
func (w *written) keep(root *os.Root) error {
	err := errors.Join(w.Sync(), w.Close())
	if err == nil && w.fresh {
		err = errors.Join(fault.Check("sealdir"), atomicfile.SyncDirIn(root, "."))
	}
	return err
}

func (o *folder) append(root *os.Root, name string, lines []line) (*written, error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	end, text, err := o.end(f, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for _, l := range lines {
		text = l.append(text)
	}
	if _, err := f.WriteAt(text, end); err != nil {
		return nil, errors.Join(err, f.Truncate(end), f.Close())
	}
	if o.read[name] == end {
		o.text(name, text)
	}
	return &written{f, end == 0 || o.unsure}, nil
}

// end is where the next line goes, and what has to stand before it. What a crash left of a
// line is cut.
func (o *folder) end(f *os.File, name string) (at int64, before []byte, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	at = info.Size()
	if at == 0 {
		return 0, []byte(head), nil
	}
	if at == o.read[name] { // the book has whole lines only
		return at, nil, nil
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], at-1); err != nil || last[0] == '\n' {
		return at, nil, err
	}
	return tornEnd(f, at)
}

func tornEnd(f *os.File, size int64) (at int64, before []byte, err error) {
	text := make([]byte, size)
	if _, err := f.ReadAt(text, 0); err != nil && err != io.EOF {
		return 0, nil, err
	}
	at = size
	for at > 0 && text[at-1] != '\n' {
		at--
	}
	if _, ok := parseLine(string(text[at:])); ok || !unfinished(text[at:]) {
		return size, []byte("\n"), nil
	}
	if err := f.Truncate(at); err != nil {
		return 0, nil, err
	}
	if at == 0 {
		before = []byte(head)
	}
	return at, before, nil
}
