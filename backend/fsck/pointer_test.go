package fsck_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/fsck"
)

// TestEveryFlippedBitOfAPointerIsNamed, each of every byte.
func TestEveryFlippedBitOfAPointerIsNamed(t *testing.T) {
	dir := sample(t)
	path := filepath.Join(dir, "w.csv.snap")
	whole, err := os.ReadFile(path)
	must(t, err)
	for i := range whole[:len(whole)-1] { // without the last one, which ends the line, it says the same
		for bit := range 8 {
			bad := bytes.Clone(whole)
			bad[i] ^= 1 << bit
			if p, err := dataset.ParsePointer(string(bad)); err == nil {
				t.Fatalf("byte %d, bit %d: %+v is read", i, bit, p)
			}
		}
		bad := bytes.Clone(whole)
		bad[i] ^= 1 << (i % 8)
		must(t, os.WriteFile(path, bad, 0o644))
		if r := check(t, dir, false); !named(r, "w.csv.snap", 0) {
			t.Errorf("it is damaged at %d and not named", i)
		}
	}
	must(t, os.WriteFile(path, whole, 0o644))
	if r := check(t, dir, false); !r.OK || len(whole) < 200 {
		t.Errorf("%d %+v", len(whole), r.Problems)
	}
}

// TestAPointerWithoutACheckIsComparedWithTheRecords: those of older versions have none.
func TestAPointerWithoutACheckIsComparedWithTheRecords(t *testing.T) {
	dir := sample(t)
	path := filepath.Join(dir, "w.csv.snap")
	text, err := os.ReadFile(path)
	must(t, err)
	old := regexp.MustCompile("(?m)^check: .*\n").ReplaceAllString(string(text), "")
	write := func(text string) fsck.Report {
		must(t, os.WriteFile(path, []byte(text), 0o644))
		return check(t, dir, false)
	}
	if r := write(old); old == string(text) || !r.OK {
		t.Fatalf("%s\n%+v", old, r.Problems)
	}
	for _, change := range [][2]string{
		{"number: 2", "number: 3"},
		{"number: 2", "number: 1"},
		{"path: w.csv", "path: v.csv"},
		{"dataset: w", "dataset: v"},
		{"size: ", "size: 1"},
		{"files: 1", "files: 2"},
		{"files: ", "filds: "},
		{"path: w.csv", "path: images"},
	} {
		bad := strings.Replace(old, change[0], change[1], 1)
		if r := write(bad); bad == old || !named(r, "w.csv.snap", 0) {
			t.Errorf("%s is not named", change[1])
		} else if p := r.Problems[0]; !strings.Contains(p.Hint, "checkout") || strings.Contains(p.Hint, fmt.Sprint("w@", 3)) {
			t.Errorf("%s: %s", change[1], p.Hint)
		}
	}
}
