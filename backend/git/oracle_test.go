package git_test

import (
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/git"
)

// oracle is what git would have to add to the commit for it to hold the whole folder.
func (w *world) oracle() git.Dirty {
	w.t.Helper()
	env := []string{"GIT_INDEX_FILE=" + w.copyOfIndex()}
	must := func(args ...string) string {
		w.t.Helper()
		out, err := w.try(env, args...)
		if err != nil {
			w.t.Fatalf("git %q: %v\n%s\n%s", args, err, out, strings.Join(w.log, "\n"))
		}
		return out
	}
	base := "4b825dc642cb6eb9a060e54bf8d69288fbee4904" // the empty tree
	if _, err := w.try(nil, "rev-parse", "--verify", "-q", "HEAD"); err == nil {
		base = "HEAD"
	}
	w.addAll(must)
	args := []string{"diff", "--cached", "--name-status", "--no-renames", "-z", base}
	if w.sub != "" {
		args = append(args, "--relative="+w.sub+"/")
	}
	d := git.Dirty{Changed: []string{}, Deleted: []string{}, Untracked: []string{}}
	fields := strings.Split(must(args...), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		switch name := fields[i+1]; fields[i] {
		case "A":
			d.Untracked = append(d.Untracked, name)
		case "D":
			d.Deleted = append(d.Deleted, name)
		default:
			if !w.identical(name) {
				d.Changed = append(d.Changed, name)
			}
		}
	}
	return d
}

// addAll adds the files with attributes last. Of those that are gone from the folder, or are
// links there, git goes by the index, and a single `git add -A` takes some of them out of it
// before it comes to the files that they are about: by the order of the names, and by
// whether an entry as young as the index had it look into a file, and so at the attributes,
// before. `git status` does not depend on any of that.
func (w *world) addAll(must func(args ...string) string) {
	add := []string{"-c", "core.safecrlf=false", "add", "-A", "--"}
	must(append(add, ".", ":(exclude,glob)**/.gitattributes", ":(exclude,glob)**/.gitattributes/**")...)
	for _, glob := range []string{":(glob)**/.gitattributes", ":(glob)**/.gitattributes/**"} {
		if must("ls-files", "-co", "--exclude-standard", "--", glob) != "" {
			must(append(add, glob)...)
		}
	}
}

// copyOfIndex lets git work on an index that nobody else sees.
func (w *world) copyOfIndex() string {
	at, from := filepath.Join(w.t.TempDir(), "index"), filepath.Join(w.top, ".git", "index")
	b, err := os.ReadFile(from)
	if err != nil {
		return at
	}
	fi, err := os.Stat(from)
	if err == nil {
		err = os.WriteFile(at, b, 0o644)
	}
	if err == nil {
		err = os.Chtimes(at, fi.ModTime(), fi.ModTime())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

// identical: a file with the commit's bytes is no change to us, even if git would convert
// them should it be added anew.
func (w *world) identical(name string) bool {
	now, err := os.ReadFile(filepath.Join(w.dir, name))
	if fi, _ := os.Lstat(filepath.Join(w.dir, name)); err != nil || fi.Mode()&os.ModeSymlink != 0 {
		return false
	}
	full := name
	if w.sub != "" {
		full = w.sub + "/" + name
	}
	entry := w.git("ls-tree", "HEAD", "--", ":(literal)"+full)
	fi, _ := os.Lstat(filepath.Join(w.dir, name))
	if strings.HasPrefix(entry, "100755") != (fi.Mode()&0o100 != 0) || strings.HasPrefix(entry, "12") {
		return false
	}
	return w.git("cat-file", "blob", "HEAD:"+full) == string(now)
}
