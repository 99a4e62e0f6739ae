package dvc

import (
	"path"

	"rondo/backend/git"
	"rondo/backend/interop/dvc/ignore"
)

// gitRules are what git ignores in the project, by its .gitignore files and those above it.
// DVC looks at no .dvc file and no dvc.yaml that git ignores.
type gitRules struct {
	rules *ignore.Rules
	place string // of the project in the work tree; empty at the top
}

func outerGitRules(dir string) gitRules {
	place, files := git.OuterIgnores(dir)
	g := gitRules{&ignore.Rules{}, place}
	for _, f := range files {
		if f.Text != "" {
			g.rules = g.rules.With(f.Dir, []byte(f.Text))
		}
	}
	return g
}

// With returns the rules with those of a .gitignore in a folder of the project after them.
func (g gitRules) With(dir string, b []byte) gitRules {
	return gitRules{g.rules.With(path.Join(g.place, dir), b), g.place}
}

// Match reports whether git ignores a path of the project.
func (g gitRules) Match(at string, dir bool) bool {
	return g.rules.Match(path.Join(g.place, at), dir)
}
