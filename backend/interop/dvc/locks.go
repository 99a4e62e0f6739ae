package dvc

import (
	"context"
	"strings"

	"rondo/backend/interop/dvc/lock"
)

func (p *Project) locks() lock.Folder {
	return lock.Folder{
		Root: p.root, Dir: p.Dir, ByLink: strings.EqualFold(p.Config["core"]["hardlink_lock"], "true"),
		Own: ownTmp, Read: p.Read, Waits: p.Waits,
	}
}

// lock keeps a running dvc away while DVC's files are written, with DVC's own lock. It
// waits for one that is held as long as dvc would.
func (p *Project) lock() (unlock func(), err error) {
	return p.locks().Take(context.Background(), lock.Repo, lock.Tries)
}
