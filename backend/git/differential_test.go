package git_test

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func rounds(t *testing.T, short, long int) (first, count int) {
	t.Helper()
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	if number("RONDO_TORTURE", 0) > 0 {
		short = long
	}
	return number("GIT_SEED", 1), number("GIT_ROUNDS", short)
}

// TestStatusOfAnyRepositoryIsGits makes repositories at random, with rules to ignore,
// attributes, settings, links and changes of kind, and asks git and Rondo.
func TestStatusOfAnyRepositoryIsGits(t *testing.T) {
	first, count := rounds(t, 40, 1500)
	changed, deleted, untracked := 0, 0, 0
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, int64(seed))
			w.disturb()
			want := w.oracle()
			got, err := open(t, w.dir).Status(ctx)
			if err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(w.log, "\n"))
			}
			for _, part := range []struct {
				what      string
				got, want []string
			}{{"changed", got.Changed, want.Changed}, {"deleted", got.Deleted, want.Deleted}, {"untracked", got.Untracked, want.Untracked}} {
				if !slices.Equal(part.got, part.want) && !(part.what == "untracked" && w.hidden()) {
					t.Errorf("%s\nrondo %q\ngit   %q\n%s %s\n%s", part.what, part.got, part.want, w.dir, w.sub, strings.Join(w.log, "\n"))
				}
			}
			changed, deleted, untracked = changed+len(want.Changed), deleted+len(want.Deleted), untracked+len(want.Untracked)
		})
	}
	if count > 20 && (changed == 0 || deleted == 0 || untracked == 0) {
		t.Errorf("%d changed, %d deleted, %d untracked: the generator has lost its way", changed, deleted, untracked)
	}
}

// TestIgnoreRulesAreGits writes rule after rule over one tree of many names.
func TestIgnoreRulesAreGits(t *testing.T) {
	first, count := rounds(t, 150, 10_000)
	w := newWorld(t, 3)
	w.top = filepath.Join(t.TempDir(), "names")
	if err := os.MkdirAll(w.top, 0o755); err != nil {
		t.Fatal(err)
	}
	w.git("init", "-q")
	w.dir, w.sub, w.fold = w.top, "", false
	for _, dir := range []string{"", "a/", "a/b/", "a/foo/b/", "build/", "build/a/", "x y/", "doc/a/b/", "é/"} {
		for _, name := range []string{"a", "b.c", "foo", "foo.txt", "x ", "!no", "#no", "]", `back\slash`, "é.txt", "fo", "A"} {
			if fi, err := os.Stat(filepath.Join(w.top, dir+name)); err != nil || !fi.IsDir() {
				w.write(dir+name+w.pick("", "", ".d"), "x")
			}
		}
	}
	all, shown := len(w.files()), 0
	for seed := first; seed < first+count; seed++ {
		w.r, w.log = rand.New(rand.NewSource(int64(seed))), nil
		for _, name := range []string{".git/info/exclude", ".gitignore", "a/.gitignore", "a/foo/.gitignore"} {
			w.write(name, w.rules(5))
		}
		want := strings.FieldsFunc(w.git("ls-files", "-o", "--exclude-standard", "-z"), func(c rune) bool { return c == 0 })
		slices.Sort(want)
		got, err := open(t, w.dir).Status(ctx)
		if err != nil || !slices.Equal(got.Untracked, want) {
			t.Fatalf("seed %d: %v\nrondo %q\ngit   %q\n%s", seed, err, missing(got.Untracked, want), missing(want, got.Untracked), strings.Join(w.log, "\n"))
		}
		shown += len(want)
	}
	if shown < count*all/10 || shown > count*all*9/10 {
		t.Errorf("%d of %d files came through in %d rounds: the rules say too little", shown, all, count)
	}
}

// missing are those of a that b lacks.
func missing(a, b []string) (list []string) {
	for _, name := range a {
		if !slices.Contains(b, name) {
			list = append(list, name)
		}
	}
	return list
}

// TestCommitOfAnyRepositoryIsGits commits files of random repositories by both programs:
// the commits have one id, and git sees the same state afterwards.
func TestCommitOfAnyRepositoryIsGits(t *testing.T) {
	first, count := rounds(t, 25, 600)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 5400))
	made := 0
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, int64(seed))
			w.disturb()
			paths := w.committable()
			if len(paths) == 0 {
				return
			}
			twin := *w
			twin.top = w.top + "-twin"
			if out, err := exec.Command("cp", "-a", w.top, twin.top).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			message := w.pick("one", "  one  \n\n\n two \n\n", "# no comment\n\nbody", "é")
			ours, err := open(t, w.dir).Commit(paths, message, at)
			if err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(w.log, "\n"))
			}
			theirs := twin.commit(paths, message, at)
			if ours != theirs {
				t.Errorf("commit %q\nrondo %s\n%s\ngit %s\n%s\n%s", paths, ours, w.shown(ours), theirs, twin.shown(theirs), strings.Join(w.log, "\n"))
			}
			if a, b := w.state(), twin.state(); a != b {
				t.Errorf("status after the commit of %q\nrondo %q\ngit   %q\n%s", paths, a, b, strings.Join(w.log, "\n"))
			}
			// git writes the trees of all that is staged, too, and then may find fault with them.
			_, err = w.try(nil, "fsck", "--strict")
			if _, twins := twin.try(nil, "fsck", "--strict"); err != nil && twins == nil {
				t.Errorf("git fsck says %v, and nothing where git made the commit", err)
			}
			made++
		})
	}
	if count > 20 && made < count/2 {
		t.Errorf("only %d of %d made a commit", made, count)
	}
}

// committable are some files of the project that git would take.
func (w *world) committable() (list []string) {
	for _, name := range w.files() {
		rel, ok := name, true
		if w.sub != "" {
			rel, ok = strings.CutPrefix(name, w.sub+"/")
		}
		fi, err := os.Lstat(filepath.Join(w.top, name))
		if ok && err == nil && fi.Mode().IsRegular() && w.r.Intn(3) == 0 && len(list) < 4 {
			list = append(list, rel)
		}
	}
	return list
}

func (w *world) commit(paths []string, message string, at time.Time) string {
	w.t.Helper()
	names := []string{"--"}
	for _, p := range paths {
		names = append(names, ":(literal)"+filepath.Join(w.sub, p))
	}
	w.git(append([]string{"-c", "core.safecrlf=false", "add", "-f"}, names...)...)
	date := at.Format(time.RFC3339)
	env := []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}
	if out, err := w.try(env, append([]string{"commit", "-q", "--only", "-m", message}, names...)...); err != nil && err.(*exec.ExitError).ExitCode() != 1 { // 1: there is nothing to commit
		w.t.Fatalf("git commit: %v\n%s\n%s", err, out, strings.Join(w.log, "\n"))
	}
	return strings.TrimSpace(w.git("rev-parse", "HEAD"))
}

func (w *world) shown(commit string) string {
	return w.git("cat-file", "-p", commit) + w.git("ls-tree", "-r", commit)
}

// state is git's own answer. The twin is a copy, whose files have other inodes.
func (w *world) state() string {
	return w.git("-c", "core.trustctime=false", "-c", "core.checkStat=minimal", "status", "--porcelain=v1", "-uall", "-z")
}
