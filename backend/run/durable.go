package run

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"sync"

	"rondo/backend/atomicfile"
)

// durable remembers folders whose names this process has seen get to disk: to sync what is above
// them for each file would take as long as the file.
type durable struct {
	mu   sync.Mutex
	seen map[string]bool // by their paths on this machine
}

const keptFolders = 10_000

// home makes the folder of a run, and its name and that of the folder of all runs durable.
func (d *durable) home(dir string) error {
	if _, err := os.Lstat(dir); err == nil && d.hasSeen(dir) {
		return nil
	}
	all := filepath.Dir(dir)
	err := errors.Join(os.MkdirAll(dir, 0o755), atomicfile.SyncDir(all))
	if err == nil && !d.hasSeen(all) {
		err = atomicfile.SyncDir(filepath.Dir(all))
	}
	if err == nil {
		d.note(all)
		d.note(dir)
	}
	return err
}

// make makes a folder of root, and returns those on the way to it whose names may not be on
// disk yet, the lowest first.
func (d *durable) make(root *os.Root, dir string) (fresh []string, err error) {
	for at := dir; at != "."; at = path.Dir(at) {
		if _, err := root.Lstat(at); err != nil || !d.has(root, at) {
			fresh = append(fresh, at)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return fresh, root.MkdirAll(dir, 0o755)
}

func (d *durable) has(root *os.Root, dir string) bool { return d.hasSeen(path.Join(root.Name(), dir)) }

func (d *durable) hasSeen(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen[path]
}

func (d *durable) note(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil || len(d.seen) > keptFolders {
		d.seen = map[string]bool{}
	}
	d.seen[path] = true
}

// sync makes the names of folders durable.
func (d *durable) sync(root *os.Root, fresh []string) error {
	for _, dir := range fresh {
		if err := atomicfile.SyncDirIn(root, path.Dir(dir)); err != nil {
			return err
		}
		d.note(path.Join(root.Name(), dir))
	}
	return nil
}
