package git

import (
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// Tracked reports whether git tracks a path, or something below it. It asks the index, so
// that what was added counts and what `git rm --cached` took out does not.
func (r *Repo) Tracked(path string) bool {
	x, _ := r.statIndex()
	return x != nil && slices.ContainsFunc(x.Entries, func(e *index.Entry) bool {
		return e.Name == path || strings.HasPrefix(e.Name, path+"/")
	})
}
