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

// Named are the paths below the folder that git tracks and that end in suffix; none where there
// is no repository, or its index cannot be read.
func (r *Repo) Named(suffix string) (list []string) {
	x, _ := r.statIndex()
	if x == nil {
		return nil
	}
	for _, e := range x.Entries {
		if strings.HasSuffix(e.Name, suffix) {
			list = append(list, e.Name)
		}
	}
	return list
}
