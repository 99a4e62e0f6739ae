package dvc_test

import (
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/interop/dvc"
	"rondo/backend/proc"
	"rondo/backend/store"
)

// TestAFileThatTheDiskDidNotHave: a stop of the machine leaves zeros in a file that looks as it
// did. That is seen where its hash was noted in another of the machine's starts, unless the file
// was there long before.
func TestAFileThatTheDiskDidNotHave(t *testing.T) {
	for _, c := range []struct {
		name, boot string
		later      time.Duration // between the file and the note
		seen       bool
	}{
		{"the same start", proc.Self().Boot, 0, false},
		{"another start", "another", 0, true},
		{"another start, an hour later", "another", 61 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Repeat("1,2\n", 2000)
			dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "a.csv": text})
			p, err := dvc.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Add(t.Context(), "a.csv"); err != nil {
				t.Fatal(err)
			}
			p.Close()
			at := filepath.Join(dir, "a.csv")
			if err := os.WriteFile(at, make([]byte, len(text)), 0o644); err != nil {
				t.Fatal(err)
			}
			noted(t, dir, at, fmt.Sprintf("%x", md5.Sum([]byte(text))), c.boot, c.later)
			p, err = dvc.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if st, err := p.Status(t.Context()); err != nil || len(st) > 0 != c.seen {
				t.Errorf("%+v, %v", st, err)
			}
		})
	}
}

// noted lets a file that looks as it does now be noted to have a hash.
func noted(t *testing.T, dir, at, sum, boot string, later time.Duration) {
	t.Helper()
	fi, err := os.Stat(at)
	if err != nil {
		t.Fatal(err)
	}
	s := store.StampOf(fi)
	body := fmt.Sprintf("boot %s\n%s %d %d %d %d %t %q\n", boot, sum, s.Size, s.Mtime, s.Ctime, s.Inode, s.Exec, "md5 "+filepath.Base(at))
	file, then := filepath.Join(dir, ".dvc/tmp/rondo/sums"), time.Now().Add(later)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, "rondo md5 1 %x\n%s", md5.Sum([]byte(body)), body), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, then, then); err != nil {
		t.Fatal(err)
	}
}
