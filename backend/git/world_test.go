package git_test

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	renewed int    // files that were given a time of their own
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

// renew makes a file younger than the index that it goes into, so that git and Rondo always
// look into it again. Otherwise it would hang on the turn of a second whether git does, and
// whether it sees what other attributes have made of the file since.
func (w *world) renew(name string) {
	at := filepath.Join(w.top, name)
	if fi, err := os.Lstat(at); err != nil || !fi.Mode().IsRegular() {
		return // it would renew what a link leads to
	}
	w.renewed++
	then := time.Now().Add(time.Hour + time.Duration(w.renewed)*time.Minute)
	if err := os.Chtimes(at, then, then); err != nil {
		w.t.Fatal(err)
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
			w.renew(one)
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
