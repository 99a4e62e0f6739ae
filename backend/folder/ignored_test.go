package folder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/folder"
)

// ruled is a folder data/set of a project, walked with a memory.
type ruled struct {
	*testing.T
	top  *os.Root
	dir  string
	file string
	same int // files of the last walk that the memory had as they are
}

func newRuled(t *testing.T, files ...string) *ruled {
	t.Helper()
	dir := t.TempDir()
	top, err := os.OpenRoot(dir)
	must(t, err)
	t.Cleanup(func() { top.Close() })
	r := &ruled{T: t, top: top, dir: dir, file: filepath.Join(t.TempDir(), "m.stat")}
	for _, f := range files {
		r.write("data/set/"+f, f)
	}
	return r
}

func (r *ruled) write(name, text string) {
	r.Helper()
	full := filepath.Join(r.dir, name)
	must(r.T, os.MkdirAll(filepath.Dir(full), 0o755))
	must(r.T, os.WriteFile(full, []byte(text), 0o644))
	for old := time.Now().Add(-time.Hour); len(full) > len(r.dir); full = filepath.Dir(full) {
		must(r.T, os.Chtimes(full, old, old))
	}
}

// walk lists what is looked at; the memory then knows it, as if all were of long ago.
func (r *ruled) walk() (paths []string, rules *folder.Rules, err error) {
	rules, err = folder.RulesAbove(r.top, "data/set")
	if err != nil {
		return nil, nil, err
	}
	m := folder.Recall(r.file, "one")
	r.same = 0
	err = folder.Walk(r.Context(), filepath.Join(r.dir, "data/set"), m, rules, func(b *folder.Batch) error {
		defer b.Release()
		if b.Begins && !b.Same {
			m.Enter(b.Prefix, b.Look, b.Count)
		}
		for i, name := range b.Names {
			path := strings.Clone(b.Prefix + name)
			if paths = append(paths, path); b.Same {
				r.same++
			} else {
				m.Note(b.Prefix, name, folder.Row{Stamp: b.Stamps[i], Digest: look(path, b.Stamps[i])}, true)
			}
		}
		if b.Same {
			m.Keep(b)
		}
		return nil
	})
	if err != nil {
		m.Interrupt()
		return paths, rules, err
	}
	must(r.T, m.Save())
	return paths, rules, nil
}

func (r *ruled) sees(want ...string) *folder.Rules {
	r.Helper()
	got, rules, err := r.walk()
	must(r.T, err)
	if !slices.Equal(got, want) {
		r.Errorf("seen were %q, not %q", got, want)
	}
	return rules
}

// TestWhatRulesLeaveOutIsNotLookedAt: rules of folders above, and of those in the walk, with links and
// names among what they leave out that would be refused.
func TestWhatRulesLeaveOutIsNotLookedAt(t *testing.T) {
	r := newRuled(t, "a/keep.tmp", "a/x.tmp", "b/venv/x", "b/y", "z/only.tmp")
	must(t, os.Symlink("/", filepath.Join(r.dir, "data/set/b/venv/out")))
	r.write(".rondoignore", "*.tmp\n/data/set/b/venv/\n")
	r.write("data/.rondoignore", "nothing\n")
	r.write("data/set/a/.rondoignore", "!keep.tmp\n")
	rules := r.sees("a/.rondoignore", "a/keep.tmp", "b/y")
	for path, left := range map[string]bool{"a/keep.tmp": false, "a/x.tmp": true, "b/venv/x": true, "b/venv/sub/x": true, "b/y": false, "q.tmp": true} {
		if rules.Leaves(path) != left {
			t.Errorf("%s is left out: %v", path, !left)
		}
	}
	r.sees("a/.rondoignore", "a/keep.tmp", "b/y")
	if runsOnLinux && r.same != 3 {
		t.Errorf("%d of 3 files were known as they are", r.same)
	}
}

// TestChangedRulesCountAtOnce: also where nothing else in any folder has changed.
func TestChangedRulesCountAtOnce(t *testing.T) {
	r := newRuled(t, "a/1", "a/2", "b/1")
	r.sees("a/1", "a/2", "b/1")
	r.write(".rondoignore", "1\n")
	r.sees("a/2")
	r.write(".rondoignore", "2\n")
	r.sees("a/1", "b/1")
	must(t, os.Remove(filepath.Join(r.dir, ".rondoignore")))
	r.sees("a/1", "a/2", "b/1")
	r.write("data/set/.rondoignore", "/b\n")
	r.sees(".rondoignore", "a/1", "a/2")
	r.write("data/set/.rondoignore", "/a\n") // as long, in the same folder
	r.sees(".rondoignore", "b/1")
	if r.sees(".rondoignore", "b/1"); runsOnLinux && r.same != 2 {
		t.Errorf("%d of 2 files were known as they are", r.same)
	}
}

// TestRulesThatCannotBeFollowedAreRefused with their file and line.
func TestRulesThatCannotBeFollowedAreRefused(t *testing.T) {
	r := newRuled(t, "a/1")
	for name, says := range map[string]string{
		".rondoignore": ".rondoignore cannot be followed: line 2", "data/set/a/.rondoignore": "data/set/a/.rondoignore cannot be followed: line 2",
	} {
		r.write(name, "fine\n[not\n")
		if _, _, err := r.walk(); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, os.Remove(filepath.Join(r.dir, name)))
		must(t, os.Symlink("elsewhere", filepath.Join(r.dir, name)))
		if _, _, err := r.walk(); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), name+" is no file") {
			t.Errorf("%s is a link: %v", name, err)
		}
		must(t, os.Remove(filepath.Join(r.dir, name)))
	}
	r.sees("a/1")
}

// TestTheLinesOfARefusalLeaveOutWhatItNames, all of it.
func TestTheLinesOfARefusalLeaveOutWhatItNames(t *testing.T) {
	r := newRuled(t, "fine")
	odd := []string{"link", "[1]", "*", "two  ", "#x"}
	for _, name := range odd {
		must(t, os.Symlink("/", filepath.Join(r.dir, "data/set", name)))
	}
	_, _, err := r.walk()
	_, lines, found := strings.Cut(errs.HintOf(err), ".rondoignore of the project folder: ")
	if !found {
		t.Fatalf("%v: %s", err, errs.HintOf(err))
	}
	r.write(".rondoignore", strings.ReplaceAll(lines, "  /", "\n/"))
	r.sees("fine")
	for i := range 20 {
		must(t, os.Symlink("/", filepath.Join(r.dir, fmt.Sprintf("data/set/more%d", i))))
	}
	if _, _, err = r.walk(); !strings.Contains(fmt.Sprint(err), "20 in all") || !strings.Contains(errs.HintOf(err), "/data/set/more0") {
		t.Errorf("%v: %s", err, errs.HintOf(err))
	}
}
