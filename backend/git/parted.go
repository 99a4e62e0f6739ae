package git

const maxParted = 10 // commits that are gone back to find a merge

// Parted reports whether a merge has left something out that both of its sides have: the one
// that goes on, or one of the last that HEAD came from. has tells of a commit.
func (r *Repo) Parted(has func(commit string) bool) bool {
	if !r.Exists() {
		return false
	}
	head, err := r.Head()
	if err != nil || head.Commit == "" {
		return false
	}
	if theirs, err := r.Resolve("MERGE_HEAD"); err == nil {
		return has(head.Commit) && has(theirs)
	}
	at := head.Commit
	for range maxParted {
		c, err := r.LogOne(at)
		if err != nil || len(c.Parents) == 0 || has(at) {
			return false
		}
		if len(c.Parents) == 2 && has(c.Parents[0]) && has(c.Parents[1]) {
			return true
		}
		at = c.Parents[0]
	}
	return false
}
