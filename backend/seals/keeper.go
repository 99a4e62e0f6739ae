package seals

import (
	"errors"
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

	mu      sync.Mutex
	folders map[string]*folder
	recent  []string         // their names, oldest first
	bad     map[string]sight // files that were seen to be damaged
	turns   turns
}

// NewKeeper writes the seals of a device.
func NewKeeper(device string, now func() time.Time) *Keeper {
	return &Keeper{device: device, now: now, folders: map[string]*folder{}, bad: map[string]sight{}}
}

// File is one that came.
type File struct {
	Name string // slash-separated, in the folder that is sealed
	Seal Seal
}

// Came writes what files hold that shall get their names. Until Placed is called, what lies
// under the names may be what lay there before.
func (k *Keeper) Came(root *os.Root, files ...File) error {
	wait, err := k.Begin(root, files...)
	if err != nil || wait == nil {
		return err
	}
	return wait()
}

// Begin is Came in two steps: what it returns waits until the seals are on disk. It is nil
// where no file had a seal before: should the machine stop then, the file is one without a
// seal. A file that replaces a sealed one has to wait, or it would be taken for a damaged one.
func (k *Keeper) Begin(root *os.Root, files ...File) (wait func() error, err error) {
	f, replaces, err := k.append(root, cameLines(files))
	if err != nil || f == nil {
		return nil, err
	}
	if !replaces {
		return nil, f.Close()
	}
	return func() error { return f.keep(root) }, nil // not under the lock: who comes meanwhile shares the disk's work
}

func cameLines(files []File) []line {
	lines := make([]line, len(files))
	for i, f := range files {
		lines[i] = line{word: came, seal: f.Seal, name: f.Name}
	}
	return lines
}

// Sync is Came for a file that is about to be synced: the file system makes one write of both.
// Until leave is called, which comes behind Placed, no other gets the name by Sync.
func (k *Keeper) Sync(root *os.Root, file File, f *os.File) (leave func(), err error) {
	o := k.folder(root)
	o.names.RLock()
	left := k.turns.take(root.Name() + "\x00" + file.Name)
	leave = func() {
		left()
		o.names.RUnlock()
		k.leave(o)
	}
	if err := k.sync(root, file, f); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

func (k *Keeper) sync(root *os.Root, file File, f *os.File) error {
	wait, err := k.Begin(root, file)
	if err != nil || wait == nil {
		return errors.Join(err, f.Sync())
	}
	sealed := make(chan error, 1)
	go func() { sealed <- wait() }()
	return errors.Join(f.Sync(), <-sealed)
}

// Placed says that files got their names, each what came last for it. It need not be on disk:
// without it only their loss would not be noticed.
func (k *Keeper) Placed(root *os.Root, names ...string) error {
	lines := make([]line, len(names))
	for i, name := range names {
		lines[i] = line{word: placed, name: name}
	}
	f, _, err := k.append(root, lines)
	if err != nil || f == nil {
		return err
	}
	return f.Close()
}

// Remove writes durably that a file or folder goes, and then has remove take it away. What is
// about to get a name by Sync gets it first: one that came to lie in the folder behind the
// line that takes its seal would have none.
func (k *Keeper) Remove(root *os.Root, name string, remove func() error) error {
	o := k.folder(root)
	defer k.leave(o)
	o.names.Lock()
	defer o.names.Unlock()
	if err := k.write(root, []line{{word: removed, name: name}}); err != nil {
		return err
	}
	return remove()
}

// write writes durably.
func (k *Keeper) write(root *os.Root, lines []line) error {
	f, _, err := k.append(root, lines)
	if err != nil || f == nil {
		return err
	}
	return f.keep(root)
}

// append writes the lines behind those that are there, and says whether any of them is of a
// file that had a seal.
func (k *Keeper) append(root *os.Root, lines []line) (f *written, replaces bool, err error) {
	if len(lines) == 0 {
		return nil, false, nil
	}
	if err := fault.Check("seal"); err != nil {
		return nil, false, err
	}
	o := k.folder(root)
	defer k.leave(o)
	o.mu.Lock()
	defer o.mu.Unlock()
	if lines[0].word != placed { // which comes behind the line that it is about
		if err := o.goOn(root); err != nil {
			return nil, false, err
		}
		o.compact(root, k.device+suffix)
	}
	for i := range lines {
		if lines[i].word == came && !replaces {
			list, _ := o.Book.Of(lines[i].name)
			replaces = len(list) > 0
		}
		o.last = max(o.last+1, k.now().UnixMicro())
		lines[i].at = o.last
	}
	f, err = o.append(root, k.device+suffix, lines)
	return f, replaces, err
}

// Of returns what a file may hold, as Book.Of does.
func (k *Keeper) Of(root *os.Root, name string) (list []Seal, certain bool, err error) {
	o := k.folder(root)
	defer k.leave(o)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.goOn(root); err != nil {
		return nil, false, err
	}
	list, certain = o.Book.Of(name)
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
