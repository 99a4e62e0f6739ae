package store

import (
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
)

// going is what stands behind the name of a file of objects for the moment before it is removed.
// Another program may put one in its place just then, under the same name, since the old one is
// condemned. So it is seen under a name that nobody else gives which of the two it is.
const going = ".going"

// takeAway removes a file that is old enough, and reports whether it did.
func (s *Store) takeAway(name string, young func(path string) bool) (gone bool, err error) {
	path := filepath.Join(s.dir, name)
	if young(path) {
		return false, nil
	}
	fault.Point("store.going")
	if err := os.Rename(path, path+going); err != nil {
		return false, notThere(err)
	}
	if young(path + going) {
		fault.Point("store.staying")
		if err := os.Rename(path+going, path); err != nil {
			return false, notThere(err) // another program that begins has done so
		}
		return false, atomicfile.SyncDir(filepath.Dir(path))
	}
	err = os.Remove(path + going)
	fault.Point("store.gone")
	return true, notThere(err)
}

// notThere takes it for well that a file is not there.
func notThere(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return diskError(err)
}

// comeBack gives files their names again whose removal did not come to its end.
func (s *Store) comeBack() {
	for _, in := range []string{packsDir, "[0-9a-f][0-9a-f]"} {
		names, _ := filepath.Glob(filepath.Join(s.dir, in, "*"+going))
		for _, name := range names {
			_ = os.Rename(name, strings.TrimSuffix(name, going)) // else the next one who opens the store does
		}
	}
}
