package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/git"
)

// TestAttributesThatTheFolderLacks takes the .gitattributes of a commit away in every way
// there is, and asks git and Rondo for the state of a file with other ends of lines: git
// goes by the index where it cannot open the file.
func TestAttributesThatTheFolderLacks(t *testing.T) {
	for _, sub := range []string{"", "project"} {
		for how, take := range map[string]func(at string) error{
			"as it was":   func(string) error { return nil },
			"removed":     os.Remove,
			"a link":      func(at string) error { os.Remove(at); return os.Symlink("nowhere", at) },
			"a link here": func(at string) error { os.Remove(at); return os.Symlink("elsewhere/other.txt", at) },
			"a folder":    func(at string) error { os.Remove(at); return os.Mkdir(at, 0o755) },
			"empty":       func(at string) error { return os.WriteFile(at, nil, 0o644) },
		} {
			t.Run(strings.TrimSuffix(how+" "+sub, " "), func(t *testing.T) { lacks(t, sub, take) })
		}
	}
}

func lacks(t *testing.T, sub string, take func(at string) error) {
	top, project := repository(t, sub)
	write(t, top, ".gitattributes", "*.txt text\n")
	write(t, project, "a.txt", "one\r\ntwo\r\n")
	run(t, top, "-c", "core.safecrlf=false", "add", "-A")
	run(t, top, "commit", "-q", "-m", "with attributes")
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(project, "a.txt"), then, then); err != nil {
		t.Fatal(err)
	}
	if err := take(filepath.Join(top, ".gitattributes")); err != nil {
		t.Fatal(err)
	}
	d := status(t, project) // first, since git notes in the index what it finds to be the same
	sees := func() bool {   // it may warn, too
		return slices.Contains(strings.Split(run(t, project, "diff", "--relative", "--name-only"), "\n"), "a.txt")
	}
	want := sees()
	if got := strings.Contains(strings.Join(d.Changed, "\n"), "a.txt"); got != want {
		t.Errorf("changed %v: %v, and git says %v", d.Changed, got, want)
	}
	was := run(t, project, "rev-parse", "HEAD:./a.txt")
	if _, err := open(t, project).Commit([]string{"a.txt"}, "the same", noon); err != nil {
		t.Fatal(err)
	}
	if got := run(t, project, "rev-parse", "HEAD:./a.txt"); (got != was) != want {
		t.Errorf("committed %s over %s, and git saw a change: %v", got, was, want)
	}
	if sees() {
		t.Error("git sees a change after the commit")
	}
}

// TestAttributesInConflict takes our side of them where the folder has none.
func TestAttributesInConflict(t *testing.T) {
	top, _ := repository(t, "")
	for _, side := range []string{"*.txt -text\n", "*.txt text=auto\n"} { // the base, and theirs
		write(t, top, ".gitattributes", side)
		run(t, top, "add", "-A")
		run(t, top, "commit", "-q", "-m", "attributes")
	}
	run(t, top, "switch", "-q", "-c", "ours", "HEAD~1")
	write(t, top, ".gitattributes", "*.txt text eol=crlf\n")
	write(t, top, "a.txt", "one\rtwo\r\n")
	run(t, top, "-c", "core.safecrlf=false", "add", "-A")
	run(t, top, "commit", "-q", "-m", "ours")
	merge := exec.Command("git", "merge", "main")
	merge.Dir = top
	if out, err := merge.CombinedOutput(); err == nil {
		t.Fatalf("there is no conflict: %s", out)
	}
	os.Remove(filepath.Join(top, ".gitattributes"))
	os.Chtimes(filepath.Join(top, "a.txt"), time.Time{}, time.Now().Add(-time.Hour))
	if got := run(t, top, "check-attr", "text", "eol", "--", "a.txt"); !strings.Contains(got, "eol: crlf") {
		t.Fatalf("git says %q", got)
	}
	agrees(t, top, git.Dirty{Deleted: []string{".gitattributes"}})
}

// TestIgnoreRulesOfASparseCheckout are in the index alone.
func TestIgnoreRulesOfASparseCheckout(t *testing.T) {
	top, _ := repository(t, "")
	run(t, top, "sparse-checkout", "set", "--no-cone", "/*", "!/.gitignore")
	if _, err := os.Lstat(filepath.Join(top, ".gitignore")); err == nil {
		t.Fatal("git left the file where it was")
	}
	write(t, top, "noise.csv", "x\n")
	write(t, top, "new.py", "x\n")
	agrees(t, top, git.Dirty{Untracked: []string{"new.py"}})
	run(t, top, "sparse-checkout", "disable")
	os.Remove(filepath.Join(top, ".gitignore"))
	agrees(t, top, git.Dirty{Deleted: []string{".gitignore"}, Untracked: []string{"new.py", "noise.csv"}})
}
