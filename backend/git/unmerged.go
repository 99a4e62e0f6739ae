package git

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Unmerged returns the three sides of a path that a merge has left undecided: as it was,
// ours and theirs. A side that has no such file is empty. False where the path is merged.
func (r *Repo) Unmerged(path string) (sides [3][]byte, undecided bool, err error) {
	if r.repo == nil {
		return sides, false, nil
	}
	idx, err := r.repo.Storer.Index()
	if err != nil {
		return sides, false, unreadable(err)
	}
	for _, e := range idx.Entries {
		if e.Name != r.inTop(path) || e.Stage == 0 {
			continue
		}
		undecided = true
		blob, err := r.repo.BlobObject(e.Hash)
		if err != nil {
			return sides, false, unreadable(err)
		}
		in, err := blob.Reader()
		if err != nil {
			return sides, false, unreadable(err)
		}
		b, err := io.ReadAll(io.LimitReader(in, maxSide))
		in.Close()
		if err != nil {
			return sides, false, unreadable(err)
		}
		sides[int(e.Stage)-1] = b
	}
	return sides, undecided, nil
}

const maxSide = 64 << 20 // bytes of one side of a merge

// MergeWith lets git merge files by a program: driver is its command line with git's %O %A
// %B %P. It is written where it holds for this copy of the repository only.
func (r *Repo) MergeWith(name, driver string, patterns ...string) error {
	if r.repo == nil {
		return errs.New(errs.Precondition, "%s is in no git repository", r.dir).WithHint("git init makes one")
	}
	if program, err := exec.LookPath("git"); err == nil { // it keeps what a person wrote into the config
		for _, kv := range [][2]string{{"name", "Rondo merges entry by entry"}, {"driver", driver}} {
			out, err := exec.Command(program, "-C", r.dir, "config", "--local", "merge."+name+"."+kv[0], kv[1]).CombinedOutput()
			if err != nil {
				return errs.New(errs.Unavailable, "git's config cannot be written: %s", strings.TrimSpace(string(out)))
			}
		}
		return r.attribute(name, patterns)
	}
	conf, err := r.repo.Config()
	if err != nil {
		return unreadable(err)
	}
	sub := conf.Raw.Section("merge").Subsection(name)
	if sub.Option("driver") != driver {
		sub.SetOption("name", "Rondo merges entry by entry")
		sub.SetOption("driver", driver)
		if err := r.repo.SetConfig(conf); err != nil {
			return errs.New(errs.Unavailable, "git's config cannot be written: %w", err)
		}
	}
	return r.attribute(name, patterns)
}

// attribute adds lines to info/attributes of the repository.
func (r *Repo) attribute(name string, patterns []string) error {
	at := filepath.Join(commonOf(r.gitDir), "info", "attributes")
	b, err := os.ReadFile(at)
	if err != nil && !os.IsNotExist(err) {
		return errs.Wrap(errs.Unavailable, err, "read git's attributes")
	}
	text := string(b)
	for _, p := range patterns {
		line := p + " merge=" + name
		if strings.Contains("\n"+text+"\n", "\n"+line+"\n") {
			continue
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += line + "\n"
	}
	if text == string(b) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return errs.Wrap(errs.Unavailable, err, "write git's attributes")
	}
	if real, err := filepath.EvalSymlinks(at); err == nil {
		at = real
	}
	if err := atomicfile.WriteFile(at, []byte(text), 0o644); err != nil {
		return errs.Wrap(errs.Unavailable, err, "write git's attributes")
	}
	return nil
}
