package fsck_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryFlippedBitOfAPointerIsNamed, but for those of its number and path, which may be
// other ones by now, and of names that a newer Rondo may have given to keys.
func TestEveryFlippedBitOfAPointerIsNamed(t *testing.T) {
	dir := sample(t)
	path := filepath.Join(dir, "w.csv.snap")
	whole, err := os.ReadFile(path)
	must(t, err)
	at, checked := 0, 0
	for line := range strings.Lines(string(whole)) {
		key, _, _ := strings.Cut(line, ": ")
		for i := range line {
			if key == "number" || key == "path" || i == len(line)-1 {
				continue
			}
			bad := bytes.Clone(whole)
			bad[at+i] ^= 1
			must(t, os.WriteFile(path, bad, 0o644))
			if r := check(t, dir, false); !named(r, "w.csv.snap", 0) {
				t.Errorf("%q is damaged at %d and not named", line, i)
			}
			checked++
		}
		at += len(line)
	}
	must(t, os.WriteFile(path, whole, 0o644))
	if r := check(t, dir, false); !r.OK || checked < 200 {
		t.Errorf("%d %+v", checked, r.Problems)
	}
}
