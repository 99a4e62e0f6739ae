package git_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
)

// former is a repository whose second commit has changed train.py, taken away what was in
// val.csv and deep.csv, and added late.py and what programs keep for themselves.
func former(t *testing.T) (dir, first string) {
	t.Helper()
	dir, _ = repository(t, "")
	write(t, dir, "val.csv", "1\n")
	write(t, dir, "deep.csv/a.txt", "a\n")
	run(t, dir, "add", "-f", "-A")
	run(t, dir, "commit", "-q", "-m", "data")
	first = run(t, dir, "rev-parse", "HEAD")
	run(t, dir, "rm", "-q", "-r", "val.csv", "deep.csv")
	write(t, dir, "train.py", "print('two')\n")
	write(t, dir, "late.py", "late\n")
	write(t, dir, ".dvc/tmp/lock", "dvc's\n")
	write(t, dir, ".rondo/format", "rondo 1\n")
	run(t, dir, "add", "-f", "-A")
	run(t, dir, "commit", "-q", "-m", "second")
	return dir, first
}

func laying(t *testing.T, dir, commit string) *git.Laying {
	t.Helper()
	l, err := open(t, dir).Lay(ctx, commit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// TestACommitIsLaid over a folder without changes: what only HEAD has goes, but for what
// programs keep for themselves.
func TestACommitIsLaid(t *testing.T) {
	dir, first := former(t)
	done, err := laying(t, dir, first).Write(ctx)
	if err != nil || !slices.Equal(done.Removed, []string{"late.py"}) || !slices.Equal(done.Written, []string{"deep.csv/a.txt", "train.py", "val.csv"}) {
		t.Errorf("%+v %v", done, err)
	}
	if got := run(t, dir, "status", "--short", "-uno"); got != " D late.py\n M train.py" {
		t.Errorf("%q", got)
	}
	for _, name := range []string{".dvc/tmp/lock", ".rondo/format"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// TestBesideChangesNothingGoes, be they added to the index or not.
func TestBesideChangesNothingGoes(t *testing.T) {
	for what, change := range map[string]func(dir string){
		"in the folder": func(dir string) { write(t, dir, "old.py", "changed\n") },
		"in the index": func(dir string) {
			write(t, dir, "old.py", "changed\n")
			run(t, dir, "add", "old.py")
		},
		"untracked": func(dir string) { write(t, dir, "new.py", "new\n") },
		"deleted":   func(dir string) { os.Remove(filepath.Join(dir, "old.py")) },
	} {
		dir, first := former(t)
		change(dir)
		done, err := laying(t, dir, first).Write(ctx)
		if _, stays := os.Stat(filepath.Join(dir, "late.py")); err != nil || stays != nil || len(done.Removed) > 0 {
			t.Errorf("%s: %+v %v %v", what, done, err, stays)
		}
	}
}

// TestWhatGitDoesNotKeepIsNamedInTheWay: ignored files in the place of a file, above and below it.
func TestWhatGitDoesNotKeepIsNamedInTheWay(t *testing.T) {
	dir, first := former(t)
	write(t, dir, "val.csv/mine.csv", "mine\n")
	write(t, dir, "deep.csv", "mine\n")
	write(t, dir, "val.csv/new.py", "ignored with its folder\n")
	if got := laying(t, dir, first).InTheWay(); !slices.Equal(got, []string{"deep.csv", "val.csv/mine.csv", "val.csv/new.py"}) {
		t.Errorf("%v", got)
	}
}

// TestNothingIsLaidThroughALink: it gives way to the folder that the commit has.
func TestNothingIsLaidThroughALink(t *testing.T) {
	dir, first := former(t)
	if err := os.Symlink("lib", filepath.Join(dir, "deep.csv")); err != nil {
		t.Skip(err)
	}
	l := laying(t, dir, first)
	if got := l.InTheWay(); !slices.Equal(got, []string{"deep.csv"}) {
		t.Errorf("%v", got)
	}
	if _, err := l.Write(ctx); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Lstat(filepath.Join(dir, "deep.csv"))
	if _, through := os.Stat(filepath.Join(dir, "lib/a.txt")); err != nil || !fi.IsDir() || through == nil {
		t.Errorf("%v %v: it was written through the link: %v", fi, err, through == nil)
	}
}

// TestWhatIsNotLaid names why, and leaves all as it is.
func TestWhatIsNotLaid(t *testing.T) {
	for what, c := range map[string]struct {
		change func(dir, first string) (commit string)
		kind   errs.Kind
		text   string
	}{
		"a merge": {func(dir, first string) string {
			write(t, dir, ".git/MERGE_HEAD", first+"\n")
			return first
		}, errs.Precondition, "a merge is in progress"},
		"a conflict": {func(dir, first string) string {
			blob := run(t, dir, "rev-parse", "HEAD:train.py")
			run(t, dir, "rm", "-q", "--cached", "train.py")
			inputTo(t, dir, "100644 "+blob+" 2\ttrain.py\n", "update-index", "--index-info")
			return first
		}, errs.Precondition, "train.py is in conflict"},
		"a sparse checkout": {func(dir, first string) string {
			run(t, dir, "sparse-checkout", "set", "--no-cone", "lib")
			return first
		}, errs.Precondition, "sparse checkout"},
		"a filter": {func(dir, first string) string {
			run(t, dir, "config", "filter.turn.smudge", "touch "+filepath.Join(dir, "ran"))
			write(t, dir, ".gitattributes", "train.py filter=turn\n")
			run(t, dir, "add", ".gitattributes")
			run(t, dir, "commit", "-q", "-m", "filtered")
			commit := run(t, dir, "rev-parse", "HEAD")
			write(t, dir, "train.py", "changed\n")
			return commit
		}, errs.Precondition, "git's filter turn"},
		"a repository in the way": {func(dir, first string) string {
			run(t, dir, "init", "-q", "val.csv")
			return first
		}, errs.Conflict, "val.csv is a git repository of its own"},
		"a name that is git's": {func(dir, first string) string {
			blob := run(t, dir, "rev-parse", "HEAD:train.py")
			hooks := inputTo(t, dir, "100644 blob "+blob+"\tpost-checkout\n", "mktree")
			tree := inputTo(t, dir, "040000 tree "+hooks+"\t.GIT\n", "mktree")
			return run(t, dir, "commit-tree", "-m", "made by hand", tree)
		}, errs.Unavailable, ".GIT"},
	} {
		dir, first := former(t)
		commit := c.change(dir, first)
		before := tree(t, dir)
		l, err := open(t, dir).Lay(ctx, commit)
		if err == nil {
			_, _ = l.Write(ctx)
			l.Close()
		}
		if !errs.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", what, err)
		}
		if after := tree(t, dir); len(after) != len(before) || after["train.py"] != before["train.py"] {
			t.Errorf("%s: the folder has changed", what)
		}
	}
}

// TestWhatWasLaidInOneTickIsSeenByGit: where it goes by sizes and times, no entry of the index
// stands for a file that may be another.
func TestWhatWasLaidInOneTickIsSeenByGit(t *testing.T) {
	dir, first := former(t)
	run(t, dir, "config", "core.checkStat", "minimal")
	run(t, dir, "config", "core.trustctime", "false")
	tick := time.Now().Add(-time.Hour).Truncate(time.Second)
	at := func(when time.Time, names ...string) {
		for _, name := range names {
			if err := os.Chtimes(filepath.Join(dir, name), when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	at(tick, "late.py")
	at(tick.Add(-time.Hour), "train.py")
	run(t, dir, "update-index", "--refresh")
	write(t, dir, "late.py", "Late\n") // in the tick in which the index was written
	at(tick, "late.py", ".git/index")
	if _, err := laying(t, dir, first).Write(ctx); err != nil {
		t.Fatal(err)
	}
	at(tick.Add(-time.Hour), "train.py") // and the other in that in which it was checked out
	if got := run(t, dir, "status", "--short", "-uno"); got != " M late.py\n M train.py" {
		t.Errorf("%q", got)
	}
}

// TestWhatLiesThereIsSaved as a commit that no branch has: without what was deleted, with what is
// asked for, but for what programs keep for themselves, and what is of other repositories.
func TestWhatLiesThereIsSaved(t *testing.T) {
	dir, _ := former(t)
	run(t, dir, "rm", "-q", "--cached", "-r", ".dvc", ".rondo")
	run(t, dir, "commit", "-q", "-m", "theirs alone")
	if err := os.Remove(filepath.Join(dir, "old.py")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "train.py", "print('three')\n")
	write(t, dir, "new.py", "new\n")
	write(t, dir, "data/rows.csv", "1\n")
	write(t, dir, "data/theirs/more.txt", "more\n")
	run(t, dir, "init", "-q", "data/theirs")
	write(t, dir, "data/.dvc/tmp/lock", "dvc's\n")
	write(t, dir, ".git/info/exclude", "**/.dvc/tmp\n")
	saved, err := laying(t, dir, run(t, dir, "rev-parse", "HEAD")).Save("saved", []string{"data", "nothing"}, time.Now())
	if err != nil || !slices.Equal(saved.Left, []string{"new.py"}) {
		t.Fatalf("%+v %v", saved, err)
	}
	if got := run(t, dir, "diff", "--name-status", "HEAD", saved.Commit); got != "A\tdata/rows.csv\nM\ttrain.py\nD\told.py" && got != "A\tdata/rows.csv\nD\told.py\nM\ttrain.py" {
		t.Errorf("%s", got)
	}
	if err := os.Symlink("lib", filepath.Join(dir, "linked")); err != nil {
		t.Skip(err)
	}
	if saved, err := laying(t, dir, run(t, dir, "rev-parse", "HEAD")).Save("saved", []string{"linked/features.py"}, time.Now()); !errs.Is(err, errs.Invalid) {
		t.Errorf("behind a link: %+v %v", saved, err)
	}
}
