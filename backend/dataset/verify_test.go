package dataset_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// flip damages a byte of a file of objects, and returns what mends it.
func flip(t *testing.T, path string, at int) (mend func()) {
	t.Helper()
	whole := []byte(read(t, "", path))
	bad := append([]byte(nil), whole...)
	bad[at%len(bad)] ^= 4
	must(t, os.Chmod(path, 0o644))
	must(t, os.WriteFile(path, bad, 0o644))
	return func() { must(t, os.WriteFile(path, whole, 0o644)) }
}

func manyPacks(t *testing.T) (*house, []string) {
	t.Helper()
	dir := frozen(t)
	h := open(t, dir)
	write(t, dir, "data/big.bin", noise(3<<20))
	h.add(t, "d", "data")
	h.snap(t, "d")
	var files []string
	must(t, filepath.WalkDir(filepath.Join(dir, ".rondo/objects"), func(p string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			files = append(files, p)
		}
		return err
	}))
	return h, files
}

// TestVerifyNamesEveryDamagedFile and says nothing of the others.
func TestVerifyNamesEveryDamagedFile(t *testing.T) {
	h, files := manyPacks(t)
	v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
	if err != nil || !v.OK || v.Objects < 20 {
		t.Fatalf("%+v %v", v, err)
	}
	for i, path := range files {
		mend := flip(t, path, 40+i*7)
		v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
		must(t, err)
		rel, _ := filepath.Rel(filepath.Join(h.dir, ".rondo/objects"), path)
		for _, p := range v.Problems {
			if p.File != filepath.ToSlash(rel) || p.Hint == "" {
				t.Errorf("%s is damaged, and this is named: %+v", rel, p)
			}
		}
		if len(v.Problems) == 0 {
			t.Errorf("%s is damaged and not named", rel)
		}
		mend()
	}
}

// TestVerifyGoesOnWhereItWas: files that are known to be intact are not read again after
// an interruption, damaged ones are.
func TestVerifyGoesOnWhereItWas(t *testing.T) {
	h, files := manyPacks(t)
	defer flip(t, files[0], 3000)()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.VerifyAll(ctx, dataset.VerifyAll{}); err == nil {
		t.Fatal("it was not interrupted")
	}
	var lines strings.Builder
	for _, path := range files {
		rel, _ := filepath.Rel(filepath.Join(h.dir, ".rondo/objects"), path)
		if path != files[0] && path != files[1] {
			fmt.Fprintln(&lines, filepath.ToSlash(rel))
		}
	}
	write(t, h.device, "verified", lines.String()+"packs/cut-off")
	v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
	if err != nil || v.Resumed != len(files)-2 || v.OK || v.Objects > 3 {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := os.Stat(filepath.Join(h.device, "verified")); err == nil {
		t.Error("the note of the progress outlives the end")
	}
	write(t, h.device, "verified", lines.String())
	h.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{}); err != nil || v.Resumed != 0 {
		t.Fatalf("a day later: %+v %v", v, err)
	}
}

func TestVerifySample(t *testing.T) {
	h, _ := manyPacks(t)
	all, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
	must(t, err)
	v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{Sample: 30})
	if err != nil || !v.OK || v.Objects == 0 || v.Objects >= all.Objects {
		t.Errorf("%d of %d objects, %v", v.Objects, all.Objects, err)
	}
	if _, err := h.VerifyAll(t.Context(), dataset.VerifyAll{Sample: 101}); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
}
