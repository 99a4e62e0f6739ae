//go:build linux

package dvc_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
)

// TestEveryOperationOfAVerbFailsOnce: the disk is full and broken by turns, each time at another
// operation. The verb says so, damages nothing in the cache, and ends when it is said again.
func TestEveryOperationOfAVerbFailsOnce(t *testing.T) {
	for name, verb := range killedVerbs {
		t.Run(name, func(t *testing.T) {
			world := filepath.Join(t.TempDir(), "world")
			begin(t, world, verb)
			failed, step := 0, 3
			if setting("RONDO_TORTURE", 0) > 0 {
				step = 1
			}
			for n, more := 1, true; more; n += step {
				for _, with := range []error{syscall.ENOSPC, syscall.EIO} {
					ops, err := oneFault(t, verb, world, n, with, fmt.Sprintf("%s, %v at operation %d", name, with, n))
					if more = n <= ops; err != nil {
						failed++
					}
				}
			}
			if t.Logf("%s: %d operations failed it", name, failed); failed == 0 && name != "remove" && name != "gc" {
				t.Error("nothing failed")
			}
		})
	}
}

func oneFault(t *testing.T, verb killed, world string, n int, with error, when string) (ops int, failed error) {
	t.Helper()
	top := filepath.Join(t.TempDir(), "world")
	ok(t, os.CopyFS(top, os.DirFS(world)))
	dir := filepath.Join(top, "project")
	var count atomic.Int64
	p := opens(t, dir, when)
	fault.Fail(func(string) error {
		if int(count.Add(1)) == n {
			return with
		}
		return nil
	})
	failed = verb.do(p)
	fault.Fail(nil)
	p.Close()
	var known *errs.Error
	if failed != nil && (!errors.As(failed, &known) || errs.Is(failed, errs.Invalid) || errs.Is(failed, errs.Internal)) {
		t.Fatalf("%s: %v is no error for a person", when, failed)
	}
	p = opens(t, dir, when)
	defer p.Close()
	if v, err := p.Verify(t.Context()); err != nil || len(v.Damaged) > 0 {
		t.Fatalf("%s: the cache has %+v, %v", when, v.Damaged, err)
	}
	if failed != nil {
		if err := verb.do(p); err != nil {
			t.Fatalf("%s: again: %v", when, err)
		}
	}
	clean(t, dir, when)
	verb.done(t, opens(t, dir, when), when)
	ok(t, os.RemoveAll(top))
	return int(count.Load()), failed
}
