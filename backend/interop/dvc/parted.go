package dvc

import (
	"io/fs"
	"path"

	"rondo/backend/git"
	"rondo/backend/interop/dvc/metafile"
)

// parted reports whether a stage has no entry because a merge left it out: both sides had
// one, and differently.
func (p *Project) parted(file, stage string) bool {
	repo, err := git.Open(p.Dir)
	if err != nil {
		return false
	}
	lock := path.Join(path.Dir(file), metafile.LockFile)
	return repo.Parted(func(commit string) bool { return recorded(repo, lock, stage, commit) })
}

// recorded reports whether the lock of a commit has an entry for a stage.
func recorded(repo *git.Repo, file, stage, commit string) bool {
	tree, err := repo.FS(commit)
	if err != nil {
		return false
	}
	text, err := fs.ReadFile(tree, file)
	if err != nil {
		return false
	}
	lock, err := metafile.ReadLock(file, text)
	return err == nil && lock.Stage(stage) != nil
}
