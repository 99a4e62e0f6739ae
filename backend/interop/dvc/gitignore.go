package dvc

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
)

// untracked refuses data that git tracks, as dvc does: both would then keep it, and the
// line in .gitignore would mean nothing.
func (p *Project) untracked(at string) error {
	if !p.scm() {
		return nil
	}
	repo, err := git.Open(p.Dir)
	if err != nil || !repo.Tracked(at) {
		return err
	}
	return errs.New(errs.Conflict, "%s is tracked by git, so DVC cannot track it too", at).
		WithHint("take it out of git and try again: git rm -r --cached '%s'", at)
}

// gitIgnore lets git ignore a path that DVC tracks, unless git does so already.
func (p *Project) gitIgnore(at string) error {
	if !p.scm() || p.git.Match(at, false) {
		return nil
	}
	name := path.Join(path.Dir(at), ".gitignore")
	old, err := p.Read(name)
	if err != nil && !missing(err) {
		return err
	}
	line, text := ignoreLine(at), string(old)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += line + "\n"
	p.git = p.git.With(path.Dir(at), []byte(line))
	return p.write(name, []byte(text))
}

// gitUnignore takes the line away again; a .gitignore that is empty then goes with it.
func (p *Project) gitUnignore(at string) error {
	name := path.Join(path.Dir(at), ".gitignore")
	old, err := p.Read(name)
	if missing(err) || !p.scm() {
		return nil
	}
	if err != nil {
		return err
	}
	var kept strings.Builder
	for l := range strings.Lines(string(old)) {
		if strings.TrimSpace(l) != "/"+path.Base(at) {
			kept.WriteString(l)
		}
	}
	switch kept.String() {
	case string(old):
		return nil
	case "":
		return p.root.Remove(name)
	}
	return p.write(name, []byte(kept.String()))
}

var ignoreEscapes = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "!", `\!`, "*", `\*`, "#", `\#`, "?", `\?`)

func ignoreLine(at string) string { return ignoreEscapes.Replace("/" + path.Base(at)) }

// scm reports whether the project is in a git repository that DVC looks at.
func (p *Project) scm() bool {
	if strings.EqualFold(p.Config["core"]["no_scm"], "true") {
		return false
	}
	for at := p.Dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return true
		}
		if at == filepath.Dir(at) {
			return false
		}
	}
}
