package pipeline

import (
	"io/fs"

	"rondo/backend/git"
	"rondo/backend/project"
)

// never says why a stage has no entry in rondo.lock: it has not run, or a merge left out what
// both of its sides had, and differently.
func (e *eyes) never(stage string) string {
	repo, err := git.Open(e.dir)
	if err == nil && repo.Parted(func(commit string) bool { return e.recorded(repo, commit, stage) }) {
		return "both sides of a merge changed what is recorded of it"
	}
	return "it has never run here"
}

// recorded reports whether the rondo.lock of a commit, which is read once, has an entry for a
// stage. One that cannot be read has none.
func (e *eyes) recorded(repo *git.Repo, commit, stage string) bool {
	known, ok := e.past.Load(commit)
	if !ok {
		known = lockOf(repo, commit)
		e.past.Store(commit, known)
	}
	_, has := known.(Lock).Stages[stage]
	return has
}

func lockOf(repo *git.Repo, commit string) (lock Lock) {
	tree, err := repo.FS(commit)
	if err != nil {
		return lock
	}
	text, err := fs.ReadFile(tree, project.LockName)
	if err != nil {
		return lock
	}
	lock, _ = ParseLock(text)
	return lock
}
