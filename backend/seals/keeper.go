package seals

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"

	"rondo/backend/fault"
)

// Keeper writes the seals of this device, and remembers those that were read.
type Keeper struct {
	device string
	now    func() time.Time

	mu     sync.Mutex
	last   int64                // of the clock, µs
	known  map[string]bool      // folders whose times are in the clock
	books  map[string]*openBook // of folders that were asked for
	recent []string             // their names, oldest first
	bad    map[string]sight     // files that were seen to be damaged
}

type openBook struct {
	mu sync.Mutex
	*Book
}

// NewKeeper writes the seals of a device.
func NewKeeper(device string, now func() time.Time) *Keeper {
	return &Keeper{device: device, now: now, known: map[string]bool{}, books: map[string]*openBook{}, bad: map[string]sight{}}
}

// File is one that came.
type File struct {
	Name string // slash-separated, in the folder that is sealed
	Seal Seal
}

// Came writes durably what files hold that shall get their names. Until Placed is called,
// what lies under the names may be what lay there before.
func (k *Keeper) Came(root *os.Root, files ...File) error { return k.Begin(root, files...)() }

// Begin is Came in two steps: what it returns waits until the seals are on disk. When they are
// written before the files are synced, the file system makes one commit of both.
func (k *Keeper) Begin(root *os.Root, files ...File) (wait func() error) {
	lines := make([]line, len(files))
	for i, f := range files {
		lines[i] = line{word: came, seal: f.Seal, name: f.Name}
	}
	return k.write(root, lines)
}

// Placed says that files got their names. It need not be on disk: without it only their
// loss would not be noticed.
func (k *Keeper) Placed(root *os.Root, names ...string) error {
	lines := make([]line, len(names))
	for i, name := range names {
		lines[i] = line{word: placed, name: name}
	}
	f, err := k.append(root, lines)
	if err != nil || f == nil {
		return err
	}
	return f.Close()
}

// Remove writes durably that a file or folder goes. It comes before the removal.
func (k *Keeper) Remove(root *os.Root, name string) error {
	return k.write(root, []line{{word: removed, name: name}})()
}

func (k *Keeper) write(root *os.Root, lines []line) (wait func() error) {
	f, err := k.append(root, lines)
	if err != nil || f == nil {
		return func() error { return err }
	}
	return func() error { return errors.Join(f.Sync(), f.Close()) } // not under the lock: who comes meanwhile shares the disk's work
}

// append writes the lines behind those that are there.
func (k *Keeper) append(root *os.Root, lines []line) (*os.File, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	if err := fault.Check("seal"); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.clock(root, lines[0].word == removed); err != nil {
		return nil, err
	}
	f, err := root.OpenFile(k.device+suffix, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	end, text, err := k.end(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for _, l := range lines {
		k.last = max(k.last+1, k.now().UnixMicro())
		l.at = k.last
		text = l.append(text)
	}
	if _, err := f.WriteAt(text, end); err != nil {
		return nil, errors.Join(err, f.Truncate(end), f.Close())
	}
	return f, nil
}

// clock takes the times of a folder into account, so that what is written now is later
// than what any device wrote: at first, and whenever that matters.
func (k *Keeper) clock(root *os.Root, again bool) error {
	if k.known[root.Name()] && !again {
		return nil
	}
	b, err := Read(root)
	if err != nil {
		return err
	}
	k.known[root.Name()] = true
	k.last = max(k.last, b.last)
	return nil
}

// end is where the next line goes, and what has to stand before it. What a crash left of a
// line is cut.
func (k *Keeper) end(f *os.File) (at int64, before []byte, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	at = info.Size()
	if at == 0 {
		return 0, []byte(head), nil
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

const keptBooks = 8 // in memory: downloads ask for many files of few folders

// book is what is known of a folder now.
func (k *Keeper) book(root *os.Root) (*openBook, error) {
	name := root.Name()
	k.mu.Lock()
	b := k.books[name]
	if b == nil {
		b = &openBook{Book: newBook()}
		k.books[name] = b
		if k.recent = append(k.recent, name); len(k.recent) > keptBooks {
			delete(k.books, k.recent[0])
			k.recent = k.recent[1:]
		}
	}
	k.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b, b.goOn(root)
}

// Of returns what a file may hold, as Book.Of does.
func (k *Keeper) Of(root *os.Root, name string) (list []Seal, certain bool, err error) {
	b, err := k.book(root)
	if err != nil {
		return nil, false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	list, certain = b.Book.Of(name)
	return list, certain, nil
}

// sight is how a damaged file looked.
type sight struct {
	size int64
	time time.Time
}

// Open opens the file at folder/name in root. What it gives was verified, unless the file
// has no seal; a small one is verified before Open returns.
func (k *Keeper) Open(root *os.Root, folder, name string) (f fs.File, err error) {
	at := path.Join(folder, name)
	file, err := root.Open(at)
	if err != nil {
		return nil, err
	}
	list, certain, err := k.Of(root, name)
	if err == nil {
		f, err = k.verified(file, path.Join(root.Name(), at), name, list, certain)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}
