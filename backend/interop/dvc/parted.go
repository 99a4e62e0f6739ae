package dvc

import (
	"io/fs"
	"path"

	"rondo/backend/git"
)

const maxParted = 10 // commits that are gone back to find a merge

// parted reports whether a stage has no entry because a merge left it out: both sides had
// one, and differently.
func (p *Project) parted(file, stage string) bool {
	repo, err := git.Open(p.Dir)
	if err != nil || !repo.Exists() {
		return false
	}
	head, err := repo.Head()
	if err != nil || head.Commit == "" {
		return false
	}
	lock := path.Join(path.Dir(file), LockFile)
	if theirs, err := repo.Resolve("MERGE_HEAD"); err == nil {
		return recorded(repo, lock, stage, head.Commit) && recorded(repo, lock, stage, theirs)
	}
	at := head.Commit
	for range maxParted {
		c, err := repo.LogOne(at)
		if err != nil || len(c.Parents) == 0 || recorded(repo, lock, stage, at) {
			return false
		}
		if len(c.Parents) == 2 && recorded(repo, lock, stage, c.Parents[0]) && recorded(repo, lock, stage, c.Parents[1]) {
			return true
		}
		at = c.Parents[0]
	}
	return false
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
	lock, err := ReadLock(file, text)
	return err == nil && lock.Stage(stage) != nil
}
