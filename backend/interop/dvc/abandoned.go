package dvc

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/atomicfile"
)

// longAgo is the age from which on what nobody can be asked about counts as abandoned.
const longAgo = 24 * time.Hour

// abandon removes what a program that was killed has left of its own in the cache: a file that
// was not whole yet, or the folder of a note of a run.
func abandon(at string, now time.Time) {
	info, err := os.Lstat(at)
	if err == nil && info.IsDir() && strings.HasPrefix(filepath.Base(at), runTemporary) && now.Sub(info.ModTime()) > longAgo {
		_ = os.RemoveAll(at)
		return
	}
	atomicfile.RemoveAbandoned(at, now)
}

// tidy removes what killed programs have left where files are made before they take their place.
func (p *Project) tidy() {
	dir, err := p.root.Open(ownTmp)
	if err != nil {
		return
	}
	defer dir.Close()
	list, err := dir.ReadDir(-1)
	for now := time.Now(); err == nil && len(list) > 0; list = list[1:] {
		name := list[0].Name()
		info, err := list[0].Info()
		if err == nil && !info.IsDir() && (len(name) == idLength || atomicfile.IsTemporary(name)) && now.Sub(info.ModTime()) > longAgo {
			_ = p.root.Remove(ownTmp + "/" + name)
		}
	}
}

const idLength = 32 // of the names that ref.NewID gives
