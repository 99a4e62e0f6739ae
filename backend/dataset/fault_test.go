//go:build unix

package dataset_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/fsck"
)

// failNth lets the n-th operation of the file system fail, counted over all kinds, and
// reports how many there were.
func failNth(t *testing.T, n int, with error, work func() error) (ops int, err error) {
	t.Helper()
	var count atomic.Int64
	fault.Fail(func(string) error {
		if int(count.Add(1)) == n {
			return with
		}
		return nil
	})
	defer fault.Fail(nil)
	err = work()
	return int(count.Load()), err
}

// everyFault does the work again and again, in projects that setup makes, with one
// operation after the other failing, until there are no more of them. The disk is full
// and broken by turns, and of many operations every third fails; make torture tries both on each.
func everyFault(t *testing.T, what string, setup func(o opened, dir string), work func(o opened) error, after func(o opened, dir, when string)) {
	t.Helper()
	if failed := faults(t, what, setup, work, after); failed < 3 {
		t.Errorf("%s: only %d operations failed", what, failed)
	}
}

// faults is everyFault of work that may come to its end all the same. It returns how often it did not.
func faults(t *testing.T, what string, setup func(o opened, dir string), work func(o opened) error, after func(o opened, dir, when string)) (failed int) {
	t.Helper()
	all := []error{syscall.ENOSPC, syscall.EIO}
	every := rounds(1) > 1
	for n, step, more := 1, 1, true; more; n += step {
		for i, with := range all {
			if every || n%2 == i {
				ops, err := oneFault(t, fmt.Sprintf("%s, %v at operation %d", what, with, n), n, with, setup, work, after)
				if err != nil {
					failed++
				}
				if more = n <= ops; ops > 20 && !every {
					step = 3
				}
			}
		}
	}
	return failed
}

func oneFault(t *testing.T, when string, n int, with error, setup func(o opened, dir string), work func(o opened) error, after func(o opened, dir, when string)) (ops int, err error) {
	t.Helper()
	dir := newProject(t)
	o, err := openAt(dir)
	must(t, err)
	setup(o, dir)
	ops, failed := failNth(t, n, with, func() error { return work(o) })
	var known *errs.Error
	if failed != nil && (!errors.As(failed, &known) || errs.Is(failed, errs.Invalid)) {
		t.Fatalf("%s: %v is no error for a person", when, failed)
	}
	if failed != nil && strings.Contains(failed.Error(), "refused to store the journal") {
		o.Service.Close() // it takes no more until it is opened again
		o.ledger.Close()
		o, err = openAt(dir)
		must(t, err)
	}
	after(o, dir, when)
	o.Service.Close()
	o.ledger.Close()
	if r, err := fsck.Check(t.Context(), dir, fsck.Options{}); err != nil || !r.OK {
		t.Fatalf("%s: fsck says %+v %v", when, r.Problems, err)
	}
	must(t, os.RemoveAll(dir))
	return ops, failed
}

// small is a state without the large file, so that every operation can be made to fail.
func small(i int) map[string]string {
	files := state(i)
	delete(files, "large.bin")
	files["noise.bin"] = noise(1_200_000 + i)
	return files
}

func twoSnapshots(t *testing.T) func(o opened, dir string) {
	return func(o opened, dir string) {
		ctx := t.Context()
		must(t, lay(filepath.Join(dir, "data"), small(0)))
		_, err := o.Add(ctx, "d", "data", "")
		must(t, err)
		_, err = o.Snapshot(ctx, "d", dataset.Take{})
		must(t, err)
		must(t, lay(filepath.Join(dir, "data"), small(1)))
		_, err = o.Snapshot(ctx, "d", dataset.Take{})
		must(t, err)
	}
}

// TestEveryOperationFailsOnce: whatever operation of the file system fails, a snapshot
// fails as a whole or is whole, a checkout ends when it is done again, a collection takes
// nothing that is needed; and no file is damaged.
func TestEveryOperationFailsOnce(t *testing.T) {
	ctx := t.Context()
	first := func(o opened, dir string) {
		must(t, lay(filepath.Join(dir, "data"), small(0)))
		_, err := o.Add(ctx, "d", "data", "")
		must(t, err)
	}
	snapshot := func(o opened) error { _, err := o.Snapshot(ctx, "d", dataset.Take{}); return err }
	whole := func(o opened, _, when string) {
		if err := snapshot(o); err != nil {
			t.Fatalf("%s: the snapshot again: %v", when, err)
		}
		if v, err := o.Verify(ctx, "d", 0); err != nil || !v.OK || v.Files != len(small(0)) {
			t.Fatalf("%s: %+v %v", when, v, err)
		}
	}
	everyFault(t, "snapshot", first, snapshot, whole)

	checkout := func(o opened) error { _, err := o.Checkout(ctx, "d", 1, false); return err }
	back := func(o opened, dir, when string) {
		if err := checkout(o); err != nil {
			t.Fatalf("%s: the checkout again: %v", when, err)
		}
		want := t.TempDir()
		must(t, lay(want, small(0)))
		if got := files(t, filepath.Join(dir, "data")); fmt.Sprint(got) != fmt.Sprint(files(t, want)) {
			t.Fatalf("%s: version 1 is %.300v", when, got)
		}
	}
	everyFault(t, "checkout over another", twoSnapshots(t), checkout, back)
	fresh := func(o opened, dir string) {
		twoSnapshots(t)(o, dir)
		must(t, os.RemoveAll(filepath.Join(dir, "data")))
	}
	everyFault(t, "fresh checkout", fresh, checkout, back)

	garbage := func(o opened, dir string) {
		twoSnapshots(t)(o, dir)
		for i := range 3 {
			_, err := o.store.PutBytes(ctx, fmt.Append(nil, "needed by nobody ", i))
			must(t, err)
		}
		_, err := o.Collect(ctx, dataset.Collect{Grace: 1})
		must(t, err)
	}
	collect := func(o opened) error { _, err := o.Collect(ctx, dataset.Collect{Grace: 1}); return err }
	kept := func(o opened, _, when string) {
		for n := 1; n <= 2; n++ {
			if v, err := o.Verify(ctx, "d", n); err != nil || !v.OK {
				t.Fatalf("%s: snapshot %d is %+v %v", when, n, v.Problems, err)
			}
		}
		if err := collect(o); err != nil {
			t.Fatalf("%s: the collection again: %v", when, err)
		}
	}
	everyFault(t, "collection", garbage, collect, kept)
}
