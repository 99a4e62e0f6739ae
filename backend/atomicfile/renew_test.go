package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/atomicfile"
)

// TestRenewWritesNothingBeside: what is not whole yet lies in the program's own folder, and what
// was there stays where writing fails.
func TestRenewWritesNothingBeside(t *testing.T) {
	dir := t.TempDir()
	own, at := filepath.Join(dir, ".own/tmp"), filepath.Join(dir, "person/table.csv")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(filepath.Dir(at), 0o755))
	must(os.WriteFile(at, []byte("old"), 0o600))
	beside := func() int {
		all, err := os.ReadDir(filepath.Dir(at))
		must(err)
		return len(all)
	}
	broken := errors.New("broken")
	if err := atomicfile.Renew(own, at, 0o600, func(f *atomicfile.File) error {
		if filepath.Dir(f.Name()) != own || beside() != 1 {
			t.Errorf("it is written at %s, and %d files lie beside", f.Name(), beside()-1)
		}
		return broken
	}); !errors.Is(err, broken) {
		t.Error(err)
	}
	if b, err := os.ReadFile(at); err != nil || string(b) != "old" {
		t.Errorf("%q %v", b, err)
	}
	must(atomicfile.Renew(own, at, 0o600, func(f *atomicfile.File) error {
		_, err := f.Write([]byte("new"))
		return err
	}))
	left, err := os.ReadDir(own)
	if b, err := os.ReadFile(at); err != nil || string(b) != "new" || beside() != 1 {
		t.Errorf("%q %v", b, err)
	}
	if err != nil || len(left) > 0 {
		t.Errorf("left in %s: %v, %v", own, left, err)
	}
}
