package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"rondo/backend/fault"
)

// Early says that a Whole may be synced while it is still being written to, so that less
// is left in the end.
const Early = true

// Whole is a folder that is made durable as one. What went wrong with writing to its disk
// after OpenWhole, a Sync says, also where the system wrote by itself (syncfs(2)).
type Whole struct{ d *os.File }

// OpenWhole opens the folder, before what is to be durable is written.
func OpenWhole(dir string) (*Whole, error) {
	d, err := os.Open(dir)
	return &Whole{d}, err
}

// Sync makes everything below the folder durable with one call for its file system, which
// is much cheaper than one for every file.
func (w *Whole) Sync() error {
	if err := fault.Check("syncfs"); err != nil {
		return err
	}
	return unix.Syncfs(int(w.d.Fd()))
}

// Close lets go of the folder.
func (w *Whole) Close() error { return w.d.Close() }

// SyncAll does so with a folder that was written to before.
func SyncAll(dir string) error {
	w, err := OpenWhole(dir)
	if err != nil {
		return err
	}
	return errors.Join(w.Sync(), w.Close())
}

// Evict lets the system forget what it has of a file in memory, so that the next reading
// asks the disk: what it failed to write, it otherwise still shows.
func Evict(path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
