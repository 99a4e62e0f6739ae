package atomicfile

import (
	"io/fs"
	"os"
	"strings"
	"time"
)

// young is the age up to which a temporary file is taken to be in use: its writer may
// be on another machine, whose locks are not seen here.
const young = 10 * time.Minute

// IsTemporary reports whether a name is one that Create gives before Commit.
func IsTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.Contains(name, ".tmp")
}

// RemoveAbandoned removes the temporary file at path and reports whether it did. One
// that a living process holds, or that was written to shortly before now, is spared.
func RemoveAbandoned(path string, now time.Time) bool {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() || now.Sub(fi.ModTime()) < young || held(path) {
		return false
	}
	return os.Remove(path) == nil
}

// RemoveAllAbandoned does so for every temporary file below dir, and names those that it removed.
func RemoveAllAbandoned(dir string, now time.Time) (removed []string, err error) {
	err = walkTemporary(dir, func(path string) {
		if RemoveAbandoned(path, now) {
			removed = append(removed, path)
		}
	})
	return removed, err
}

func walkTemporary(dir string, fn func(path string)) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := dir + string(os.PathSeparator) + e.Name()
		switch {
		case e.IsDir():
			if err := walkTemporary(path, fn); err != nil && !os.IsNotExist(err) {
				return err
			}
		case e.Type()&fs.ModeType == 0 && IsTemporary(e.Name()):
			fn(path)
		}
	}
	return nil
}
