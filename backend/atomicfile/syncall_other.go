//go:build !linux

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Early says that there is no call which makes many files durable at once.
const Early = false

// Whole is a folder that is made durable as one.
type Whole struct{ dir string }

// OpenWhole opens the folder, before what is to be durable is written.
func OpenWhole(dir string) (*Whole, error) { return &Whole{dir}, nil }

// Sync makes everything below the folder durable, one file after the other.
func (w *Whole) Sync() error { return SyncAll(w.dir) }

// Close has nothing to let go of.
func (w *Whole) Close() error { return nil }

// SyncAll makes everything below dir durable.
func SyncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return SyncDir(path)
		case !d.Type().IsRegular():
			return nil
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// Evict does nothing where no answer comes before its sync.
func Evict(string) {}
