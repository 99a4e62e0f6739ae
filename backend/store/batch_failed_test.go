package store_test

import (
	"crypto/rand"
	"path/filepath"
	"syscall"
	"testing"

	"rondo/backend/fault"
)

// TestABatchOfWhichOneWriteFailedIsNone, also where the disk took all that came after that.
func TestABatchOfWhichOneWriteFailedIsNone(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	b := s.Batch()
	content := func() []byte {
		all := make([]byte, 8<<20) // which nothing holds back
		_, _ = rand.Read(all)
		return all
	}
	if _, err := b.Add([]byte("first")); err != nil {
		t.Fatal(err)
	}
	failed := false
	fault.Fail(func(op string) error {
		if op == "write" && !failed {
			failed = true
			return syscall.EIO
		}
		return nil
	})
	defer fault.Fail(nil)
	_, one := b.Add(content())
	_, two := b.Add(content())
	if !failed || one == nil || two == nil {
		t.Errorf("failed %t, and Add said %v and %v", failed, one, two)
	}
	if b.Commit() == nil {
		t.Error("what the disk did not take is kept")
	}
	b.Discard()
	if packs, err := filepath.Glob(filepath.Join(dir, "packs", "*.pack")); err != nil || len(packs) > 0 {
		t.Errorf("%v %v", packs, err)
	}
}
