package dvc

import (
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/interop/dvc/cache"
)

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
		if err == nil && !info.IsDir() && (len(name) == idLength || atomicfile.IsTemporary(name)) && now.Sub(info.ModTime()) > cache.LongAgo {
			_ = p.root.Remove(ownTmp + "/" + name)
		}
	}
}

const idLength = 32 // of the names that ref.NewID gives
