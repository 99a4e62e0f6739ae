package git

import (
	"path"
	"path/filepath"
	"strings"
)

// IgnoreFile is what a file of ignore rules says. Its rules are meant from Dir, a folder of the
// work tree.
type IgnoreFile struct {
	Dir  string
	Text string
}

// OuterIgnores are the rules that git follows in a folder and that stand outside of it: those of
// the repository, then the person's own (which git takes before them and DVC after), then those of
// the folders above, and the folder's place in the work tree. A folder in no repository has none.
func OuterIgnores(dir string) (place string, files []IgnoreFile) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	top, gitDir := find(dir)
	if top == "" {
		return "", nil
	}
	rel, err := filepath.Rel(top, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return "", nil
	}
	place = filepath.ToSlash(rel)
	files = append(files, IgnoreFile{"", outside(filepath.Join(commonOf(gitDir), "info", "exclude"))})
	if r, err := Open(dir); err == nil {
		files = append(files, IgnoreFile{"", r.settings().ownIgnores(top)})
	}
	if place == "." {
		return "", files
	}
	at := ""
	for part := range strings.SplitSeq(place, "/") {
		files = append(files, IgnoreFile{at, outside(filepath.Join(top, filepath.FromSlash(at), ".gitignore"))})
		at = path.Join(at, part)
	}
	return place, files
}
