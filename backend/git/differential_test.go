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

	"rondo/backend/git"
)

// world is a repository made at random, whose state git and Rondo are both asked for.
type world struct {
	t       *testing.T
	r       *rand.Rand
	top     string
	dir     string // the project: the top, or a folder below it
	sub     string
	outside string // where links out of the tree lead
	fold    bool   // core.ignoreCase
	log     []string
}

func (w *world) git(args ...string) string {
	w.t.Helper()
	out, err := w.try(nil, args...)
	if err != nil {
		w.t.Fatalf("git %q: %v\n%s\n%s", args, err, out, strings.Join(w.log, "\n"))
	}
	return out
}

func (w *world) try(env []string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", w.top}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var fail strings.Builder
	cmd.Stderr = &fail
	out, err := cmd.Output()
	if err != nil {
		return fail.String(), err
	}
	return string(out), nil
}

func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) pick(list ...string) string { return list[w.r.Intn(len(list))] }

// fold is the folder of a random depth, empty or with a slash at the end.
func (w *world) folder() string {
	out := ""
	for range w.r.Intn(4) {
		out += w.pick("a", "b", "build", "doc", "x y", "é", "foo.d") + "/"
	}
	return out
}

func (w *world) name() string {
	if !w.fold && w.r.Intn(12) == 0 {
		return "A.C"
	}
	return w.pick("a", "b", "a.c", "b.c", "foo", "foo.txt", "build", "x y", "x ", "é.txt", "[ab].txt", "!no", "#no", "t.crlf", "t.lf", "t.bin", "t.auto", `back\slash`, "star*")
}

// rule is a line of an ignore file.
func (w *world) rule() string {
	pieces := []string{"a", "b", "*", "*.c", "foo", "**", "build", "doc", "x y", "?", "[ab]", "[!a]", "[a-c]*", "[[:alpha:]]", "*.txt", "é", `\!no`, `\#no`, `\a`, "f*o", "foo.d", "**o", "[", "[]a]", `[\]]`, "[^b].c", "x\\ ", "*\\*", "a**", "back\\\\slash"}
	var parts []string
	for range 1 + w.r.Intn(3) {
		parts = append(parts, pieces[w.r.Intn(len(pieces))])
	}
	line := strings.Join(parts, "/")
	if w.r.Intn(4) == 0 {
		line = "/" + line
	}
	if w.r.Intn(4) == 0 {
		line += "/"
	}
	if w.r.Intn(3) == 0 {
		line = "!" + line
	}
	return line + w.pick("", "", "", "", " ", "  ", "\t", "\r", `\ `)
}

func (w *world) rules(most int) string {
	var b strings.Builder
	if w.r.Intn(8) == 0 {
		b.WriteString("\ufeff")
	}
	for range w.r.Intn(most) {
		b.WriteString(w.pick("", "", "", "# said\n", "\n") + w.rule() + "\n")
	}
	return b.String()
}

func (w *world) attributes() string {
	var b strings.Builder
	for range w.r.Intn(5) {
		b.WriteString(w.pick("*", "*.crlf", "*.lf", "*.bin", "*.auto", "a/*", "/b/**", "*.txt", `"x y"`, "[attr]words text eol=crlf\n*.c") + " " +
			w.pick("text", "-text", "text=auto", "eol=crlf", "eol=lf", "text eol=crlf", "text=auto eol=lf", "binary", "!text", "words", "crlf", "crlf=input", "text=auto eol=crlf", "ident") + "\n")
	}
	return b.String()
}

func (w *world) text() string {
	return w.pick("one\n", "two\n", "one\r\ntwo\r\n", "one\ntwo\r\n", "one\rtwo\r\n", "\x00\r\n", "", "no end", "no end\r", "é\r\n", "$Id: abc $\n", "end\r\n\x1a", "\x01\x02\x03\r\n"+strings.Repeat("x", 9), strings.Repeat("line\r\n", 3))
}

func (w *world) write(name, text string) {
	at := filepath.Join(w.top, name)
	for dir := filepath.Dir(at); dir != w.top; dir = filepath.Dir(dir) { // a file may be in the way
		if fi, err := os.Lstat(dir); err == nil && !fi.IsDir() {
			os.Remove(dir)
		}
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if fi, err := os.Lstat(at); err == nil && fi.Mode()&os.ModeSymlink != 0 {
		os.Remove(at)
	}
	if fi, err := os.Lstat(at); err == nil && fi.IsDir() {
		os.RemoveAll(at)
	}
	w.note("write %q %q", name, text)
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// files are those of the work tree.
func (w *world) files() (list []string) {
	filepath.WalkDir(w.top, func(at string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(w.top, at)
		if err != nil || rel == ".git" {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			list = append(list, rel)
		}
		return nil
	})
	return list
}

func newWorld(t *testing.T, seed int64) *world {
	w := &world{t: t, r: rand.New(rand.NewSource(seed))}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	w.top, w.outside = filepath.Join(t.TempDir(), "top"), outside(t)
	if err := os.MkdirAll(w.top, 0o755); err != nil {
		t.Fatal(err)
	}
	w.person(home)
	w.git("init", "-q", "-b", "main")
	if w.r.Intn(3) == 0 {
		w.sub = "a/b"
	}
	w.dir = filepath.Join(w.top, w.sub)
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 3 + w.r.Intn(25) {
		w.write(w.folder()+w.name(), w.text())
	}
	if w.r.Intn(2) == 0 {
		w.write(".gitattributes", w.pick("* text=auto\n", "* text=auto eol=crlf\n*.bin binary\n", "* text\n"))
	}
	for range w.r.Intn(3) {
		w.write(w.folder()+".gitattributes", w.attributes())
	}
	for range w.r.Intn(3) {
		w.write(w.folder()+".gitignore", w.rules(4))
	}
	if w.r.Intn(3) == 0 {
		w.write(w.pick("", "a/")+".gitignore", w.pick("foo*\n*.c\n", "*\n!*/\n!*.txt\n", "build\n"))
	}
	if w.r.Intn(3) == 0 {
		w.write(".git/info/exclude", w.rules(3))
	}
	if w.r.Intn(4) == 0 {
		w.write(".git/info/attributes", w.attributes())
	}
	if w.r.Intn(10) > 0 {
		w.age()
		w.git("add", "-A")
		w.git("commit", "-q", "--allow-empty", "-m", "first")
	}
	return w
}

// outside is a folder that links out of a tree lead to. Nothing may follow them there.
func outside(t *testing.T) string {
	dir := t.TempDir()
	file := filepath.Join(dir, "hosts")
	if err := os.WriteFile(file, []byte("outside\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := modes(t, dir, file)
	t.Cleanup(func() {
		list, err := os.ReadDir(dir)
		if text, _ := os.ReadFile(file); err != nil || len(list) != 1 || string(text) != "outside\n" || modes(t, dir, file) != before {
			t.Errorf("a link was followed out of the tree: %v %v %q %s, before %s", list, err, text, modes(t, dir, file), before)
		}
	})
	return dir
}

func modes(t *testing.T, paths ...string) (all string) {
	for _, p := range paths {
		fi, err := os.Lstat(p)
		if err != nil {
			t.Fatal(err)
		}
		all += fi.Mode().String() + " "
	}
	return all
}

// age makes all files old: of what is as young as the index git cannot tell whether it was
// touched since, and looks into it anew.
func (w *world) age() {
	then := time.Now().Add(-time.Hour)
	for _, name := range w.files() {
		if err := os.Chtimes(filepath.Join(w.top, name), then, then); err != nil {
			w.t.Fatal(err)
		}
	}
}

// hidden reports whether the project lies in a folder that is ignored as a whole. Then git
// sees nothing new in it, and Rondo does: it is what the person works with.
func (w *world) hidden() bool {
	_, err := w.try(nil, "check-ignore", "-q", "--no-index", w.sub+"/")
	return w.sub != "" && err == nil
}

// person makes the settings of the one who works here.
func (w *world) person(home string) {
	lines := "[user]\n\tname = Ann\n\temail = ann@example.com\n[commit]\n\tgpgsign = false\n"
	if w.r.Intn(2) == 0 {
		lines = "[include]\n\tpath = who\n[commit]\n\tgpgsign = false\n"
		os.WriteFile(filepath.Join(home, "who"), []byte("[user]\n\tname = Ann\n\temail = ann@example.com\n"), 0o644)
	}
	switch w.r.Intn(4) {
	case 0:
		lines += "[core]\n\tautocrlf = " + w.pick("true", "input", "false") + "\n"
	case 1:
		lines += "[core]\n\teol = " + w.pick("crlf", "lf") + "\n"
	case 2:
		lines += "[core]\n\tignorecase = true\n"
		w.fold = true
	}
	ignore := filepath.Join(home, ".config", "git", "ignore")
	if w.r.Intn(3) == 0 {
		ignore = filepath.Join(home, "mine")
		lines += "[core]\n\texcludesFile = ~/mine\n"
	}
	if w.r.Intn(3) == 0 {
		os.MkdirAll(filepath.Dir(ignore), 0o755)
		os.WriteFile(ignore, []byte(w.rules(3)), 0o644)
	}
	os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(lines), 0o644)
	w.note(".gitconfig %q", lines)
}

// disturb changes the work tree at random.
func (w *world) disturb() {
	for range w.r.Intn(12) {
		all := w.files()
		if len(all) == 0 {
			all = []string{"a"}
		}
		one := all[w.r.Intn(len(all))]
		switch w.r.Intn(10) {
		case 0, 1:
			w.write(one, w.text())
		case 2:
			w.note("remove %q", one)
			os.Remove(filepath.Join(w.top, one))
		case 3, 4:
			w.write(w.folder()+w.name(), w.text())
		case 5:
			if fi, err := os.Lstat(filepath.Join(w.top, one)); err != nil || !fi.Mode().IsRegular() {
				continue // a chmod would follow a link out of the tree
			}
			w.note("chmod %q", one)
			os.Chmod(filepath.Join(w.top, one), os.FileMode([]int{0o755, 0o644, 0o744, 0o654}[w.r.Intn(4)]))
			// git may compare the time of the last change by seconds only, and would not look into it.
			os.Chtimes(filepath.Join(w.top, one), time.Time{}, time.Now())
		case 6:
			target := w.pick("a", "b/a.c", "nowhere", filepath.Join(w.outside, "hosts"), "../out")
			w.note("link %q to %q", one, target)
			os.Remove(filepath.Join(w.top, one))
			os.Symlink(target, filepath.Join(w.top, one))
		case 7:
			w.swap(one)
		case 8:
			w.note("add -f %q", one)
			w.git("add", "-f", "--", ":(literal)"+one)
		case 9:
			w.write(w.folder()+w.pick(".gitignore", ".gitattributes"), w.pick(w.rules(4), w.attributes()))
		}
	}
	if fi, err := os.Lstat(w.dir); err != nil || !fi.IsDir() { // what is gone is no project
		w.write(filepath.Join(w.sub, "keep"), "")
	}
}

// swap makes a file of a folder, a folder of a file, or a link of a folder.
func (w *world) swap(one string) {
	dir := filepath.Dir(one)
	if dir != "." && w.r.Intn(2) == 0 && !strings.HasPrefix(w.sub+"/", strings.SplitN(dir, "/", 2)[0]+"/") {
		w.note("a link for the folder %q", dir)
		to := dir + ".moved"
		os.RemoveAll(filepath.Join(w.top, to))
		os.Rename(filepath.Join(w.top, dir), filepath.Join(w.top, to))
		os.Symlink(w.pick(filepath.Base(to), filepath.Base(to), w.outside, "nowhere"), filepath.Join(w.top, dir))
		return
	}
	w.write(one+"/inner", "x\n")
}

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
	must("-c", "core.safecrlf=false", "add", "-A")
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
			_, err = w.try(nil, "fsck", "--strict")
			if _, twins := twin.try(nil, "fsck", "--strict"); (err == nil) != (twins == nil) {
				t.Errorf("git fsck says %v, and %v where git made the commit", err, twins)
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
