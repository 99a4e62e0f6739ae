package dvc_test

import (
	"math/rand"
	"strings"
	"testing"
)

// TestCheckIgnoreIsDVCs asks about paths beside `dvc check-ignore --details`: the same rules.
func TestCheckIgnoreIsDVCs(t *testing.T) {
	d := newDriver(t, realDVC(t))
	words := []string{"a", "b", "*.csv", "x.csv", "a/", "!b", "!x.csv", "/a", "b/*", "**/a", "# note", "", "*", "a/b", "!a/b"}
	r := rand.New(rand.NewSource(11))
	rules := func() string {
		var lines []string
		for range 1 + r.Intn(5) {
			lines = append(lines, words[r.Intn(len(words))])
		}
		return strings.Join(lines, "\n") + "\n"
	}
	for range 12 {
		dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", ".dvcignore": rules(), "b/.dvcignore": rules(), "a/x.csv": "", "a/b/a": "", "b/x.csv": "", "b/a/b": "", "x.csv": "", "c": ""})
		p := open(t, dir)
		for _, at := range []string{"a", "b", "a/x.csv", "a/b", "a/b/a", "b/x.csv", "b/a", "b/a/b", "x.csv", "c", "none/x.csv", ".git/x"} {
			said, matched := d.try(dir, "check-ignore", "--details", at)
			is := p.CheckIgnore(at)
			want := ""
			if is.Matched {
				want = is.Rule + "\t" + at
			}
			if strings.HasPrefix(said, ":") { // a rule of DVC's own, which it names
				said = "\t" + at
			}
			if strings.TrimSpace(said) != strings.TrimSpace(want) || matched != is.Matched {
				t.Errorf("%s: dvc says %q (%v), Rondo %+v\n%s", at, said, matched, is, tellAll(t, dir))
			}
		}
	}
}
