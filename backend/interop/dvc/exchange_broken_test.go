package dvc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
)

// TestADamagedObjectStopsNothingElse: what a remote has damaged is named, the rest comes, and
// nothing damaged enters the cache.
func TestADamagedObjectStopsNothingElse(t *testing.T) {
	far := t.TempDir()
	all := map[string]string{".dvc/config": "[core]\n    no_scm = true\n    remote = far\n['remote \"far\"']\n    url = " + far + "\n", "one.txt": "one\n", "two.txt": "two\n", "d/bad": "bad\n", "e/f": "f\n"}
	for i := range 40 {
		all[fmt.Sprint("d/", i)] = strings.Repeat("x", i+1)
	}
	dir := folder(t, all)
	p := open(t, dir)
	if err := p.Add(t.Context(), "one.txt", "two.txt", "d", "e"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	spoil := func(sum string) {
		t.Helper()
		at := filepath.Join(far, "files/md5", sum[:2], sum[2:])
		b, err := os.ReadFile(at)
		if err == nil {
			b[0] ^= 1
			err = os.Remove(at)
		}
		if err == nil {
			err = os.WriteFile(at, b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sums := map[string]string{}
	for _, o := range p.Tracked() {
		sums[o.Path] = o.MD5
	}
	spoil(sumOfText(t, "bad\n"))
	spoil(sums["two.txt"])
	spoil(sums["e"])
	lose(t, dir, ".dvc/cache", "one.txt", "two.txt", "d", "e")
	done, err := open(t, dir).Fetch(t.Context(), dvc.Exchange{})
	slices.Sort(done.Broken)
	if errs.KindOf(err) != errs.Corrupt || !slices.Equal(done.Broken, []string{"d/bad", "e", "two.txt"}) || !strings.Contains(err.Error(), "d/bad") {
		t.Errorf("%+v: %v", done, err)
	}
	if done.Objects != 42 || len(done.Missing) > 0 { // 40 files, their list, one.txt
		t.Errorf("%d objects have come; missing: %v", done.Objects, done.Missing)
	}
	for _, sum := range []string{sums["two.txt"], sums["e"], sumOfText(t, "bad\n")} {
		if _, err := os.Stat(filepath.Join(dir, ".dvc/cache/files/md5", sum[:2], sum[2:])); err == nil {
			t.Errorf("the damaged object %s is in the cache", sum)
		}
	}
}

func sumOfText(t *testing.T, text string) string {
	t.Helper()
	sum, _, err := metafile.Sum(t.Context(), strings.NewReader(text), metafile.MD5)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
