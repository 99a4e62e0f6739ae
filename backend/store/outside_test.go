package store_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// page is a node of a tree that says it has so many rows, all of them of one file more than the last.
func page(count uint64, paths ...string) []byte {
	b := binary.AppendUvarint([]byte("rondo tree 2\n\x00"), count)
	last := ""
	for _, path := range paths {
		shared := 0
		for shared < min(len(last), len(path)) && last[shared] == path[shared] {
			shared++
		}
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(shared)), uint64(len(path)-shared))
		b = append(append(b, path[shared:]...), 2)
		b = append(b, make([]byte, 32)...)
		last = path
	}
	return b
}

// TestANodeTakesNoMoreMemoryThanThoseThatAreWritten: who sends one can say much with few bytes.
func TestANodeTakesNoMoreMemoryThanThoseThatAreWritten(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	long := strings.Repeat("x", 70_000)
	many := make([]string, 1025)
	for i := range many {
		many[i] = string(rune('a'+i/100)) + string(rune('a'+i%100))
	}
	for what, b := range map[string][]byte{
		"rows that are not there": append(page(1<<19), make([]byte, 1<<19)...), "more rows than a node has": page(1025, many...), "a long path": page(2, long, long+"y"),
	} {
		d, _, err := s.Put(ctx, strings.NewReader(string(b)))
		must(t, err)
		if _, err := s.OpenListing(ctx, d); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.PutTreeList(ctx, store.Tree{Files: []store.TreeFile{{Path: long}}}); !errs.Is(err, errs.Invalid) || len(err.Error()) > 300 {
		t.Errorf("a tree that nobody could read was written: %.300v", err)
	}
	d, err := s.PutBytes(ctx, page(1024, many[:1024]...))
	must(t, err)
	if l, err := s.OpenListing(ctx, d); err != nil || l.Files != 1024 {
		t.Errorf("a full one: %+v %v", l, err)
	}
}

// sparse makes a pack of one row whose bytes are a hole.
func sparse(t *testing.T, dir string, index []byte, start, length int64) string {
	t.Helper()
	sum := ref.Of(index)
	path := filepath.Join(dir, "packs", sum.String()+".pack")
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	foot := binary.BigEndian.AppendUint64(sum[:], uint64(start))
	foot = binary.BigEndian.AppendUint64(foot, uint64(length/49))
	foot = append(foot, "rondoidx"...)
	for at, b := range map[int64][]byte{0: []byte("rondo pack 2\n"), start: index, start + length: foot} {
		_, err := f.WriteAt(b, at)
		must(t, err)
	}
	return path
}

// TestAPackTakesNoMoreMemoryThanThoseThatAreWritten, also one that is as long as it says, which costs a
// file with holes nothing.
func TestAPackTakesNoMoreMemoryThanThoseThatAreWritten(t *testing.T) {
	dir := t.TempDir()
	d := ref.Of([]byte("what is asked for"))
	mustOpen(t, dir)
	row := binary.BigEndian.AppendUint64(d[:], 13)
	row = append(binary.BigEndian.AppendUint64(row, 1<<32-1), 0)
	paths := []string{sparse(t, dir, row, 1<<33, 49), sparse(t, dir, nil, 13, 49<<35)}
	s := mustOpen(t, dir)
	if s.Has(d) {
		t.Error("an entry of 4 GiB is taken for one")
	}
	named := map[string]bool{}
	_, err := s.Verify(ctx, func(i store.Info, err error) { named[filepath.Base(i.File)] = errs.Is(err, errs.Corrupt) })
	must(t, err)
	for _, path := range paths {
		if !named[filepath.Base(path)] {
			t.Errorf("%s is not named: %v", path, named)
		}
	}
}

// TestADiskThatFailsWhileAnObjectIsReadIsNoDamage of the object, of which nobody knows what it holds.
func TestADiskThatFailsWhileAnObjectIsReadIsNoDamage(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	t.Cleanup(func() { fault.Fail(nil) })
	for _, text := range []string{"short", strings.Repeat("squeezed ", 1000)} {
		d, err := s.PutBytes(ctx, []byte(text))
		must(t, err)
		fault.Fail(func(op string) error {
			if op == "read" {
				return syscall.EIO
			}
			return nil
		})
		if _, err := s.ReadAll(ctx, d, 1<<20); !errs.Is(err, errs.Unavailable) || !errors.Is(err, syscall.EIO) {
			t.Errorf("%v", err)
		}
		fault.Fail(nil)
		if b, err := s.ReadAll(ctx, d, 1<<20); err != nil || string(b) != text || !s.Keeps(d) {
			t.Errorf("%q %v, it is counted on: %t", b, err, s.Keeps(d))
		}
	}
}

// TestAListOfTheCondemnedThatCannotBeReadIsNotOfNothing: nobody counts on what it may name.
func TestAListOfTheCondemnedThatCannotBeReadIsNotOfNothing(t *testing.T) {
	k := holding(t, "garbage")
	k.collect(0, false)
	must(t, os.Rename(k.list(), k.list()+".away"))
	must(t, os.Mkdir(k.list(), 0o755)) // which no right helps to read, as too many open files do not
	s := mustOpen(t, k.dir)
	if s.Keeps(k.objects["garbage"]) {
		t.Error("it is counted on")
	}
	must(t, os.Remove(k.list()))
	if !s.Keeps(k.objects["garbage"]) {
		t.Error("without a list nothing is condemned")
	}
}
