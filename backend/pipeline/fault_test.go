//go:build unix

package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/pipeline"
	"rondo/backend/store"
)

// failNth lets the n-th operation of the file system fail, and returns how many there have been.
func failNth(n int, with error) (ops func() int64) {
	var count atomic.Int64
	fault.Fail(func(string) error {
		if int(count.Add(1)) == n {
			return with
		}
		return nil
	})
	return count.Load
}

// failAsTold does so in a runner, by "N ERRNO". At "watch" it tells what lies half written in the project.
func failAsTold(told string) (ops func() int64) {
	var n, number int
	if told == "watch" {
		fault.Fail(func(string) error {
			list, err := os.ReadDir(".")
			for _, e := range list {
				if err != nil || atomicfile.IsTemporary(e.Name()) {
					fmt.Println("HALF", e.Name(), err)
				}
			}
			return nil
		})
	}
	if _, err := fmt.Sscan(told, &n, &number); err != nil {
		return func() int64 { return 0 }
	}
	return failNth(n, syscall.Errno(number))
}

// TestEveryOperationOfAReproFailsOnce, in the runner and in whoever starts it and puts on record
// what it left: the execution says so, or has done all the same what it was to do. The next one
// ends well, its outs are right and kept, and one more has nothing to do.
func TestEveryOperationOfAReproFailsOnce(t *testing.T) {
	for where, fails := range map[string]func(h *house, n int, with syscall.Errno) (ops int, e pipeline.Execution, err error){
		"in the runner": runnerFails, "in the service": serviceFails,
	} {
		t.Run(where, func(t *testing.T) {
			step, failed := 4, 0
			if os.Getenv("RONDO_TORTURE") != "" {
				step = 1
			}
			if where == "in the service" {
				step = 1 // there are few
			}
			for n, more := 1, true; more; n += step {
				with := []syscall.Errno{syscall.ENOSPC, syscall.EIO}[n/step%2]
				h, when := build(t), fmt.Sprintf("%v at operation %d", with, n)
				ops, e, err := fails(h, n, with)
				if more = n <= ops; err != nil || e.State != pipeline.Finished {
					failed++
				}
				var known *errs.Error
				if err != nil && (!errors.As(err, &known) || errs.Is(err, errs.Internal)) {
					t.Errorf("%s: %v is no error for a person", when, err)
				}
				for _, stage := range e.Stages {
					if stage.Error == with.Error() {
						t.Errorf("%s: of stage %s is told only %q", when, stage.Name, stage.Error)
					}
				}
				h.endsWell(t, e, when)
			}
			if t.Logf("%d were cut off", failed); failed < 3 {
				t.Errorf("only %d operations failed", failed)
			}
		})
	}
}

// TestNothingIsHalfWrittenInTheProject: what a kill leaves at any moment lies in Rondo's own folder.
func TestNothingIsHalfWrittenInTheProject(t *testing.T) {
	h := build(t)
	h.fail = "watch"
	h.repro(pipeline.Request{Params: map[string]string{"sort.order": "down"}})
	if strings.Contains(h.said, "HALF") || !strings.Contains(h.said, "OPS") {
		t.Errorf("%s", h.said)
	}
}

func runnerFails(h *house, n int, with syscall.Errno) (int, pipeline.Execution, error) {
	h.fail = fmt.Sprintf("%d %d", n, int(with))
	e := h.repro(pipeline.Request{})
	h.fail = ""
	said := regexp.MustCompile(`OPS (\d+)`).FindStringSubmatch(h.said)
	if said == nil {
		h.t.Fatalf("the runner does not say how much it did: %s", h.said)
	}
	ops, err := strconv.Atoi(said[1])
	return ops, e, err
}

func serviceFails(h *house, n int, with syscall.Errno) (int, pipeline.Execution, error) {
	ops := failNth(n, with)
	defer fault.Fail(nil)
	e, err := h.Start(h.t.Context(), pipeline.Request{})
	if err == nil {
		e, err = h.Finish(h.t.Context(), e.ID)
	}
	return int(ops()), e, err
}

// endsWell wants what an execution has answered to be kept, and the next one to end well.
func (h *house) endsWell(t *testing.T, e pipeline.Execution, when string) {
	t.Helper()
	h.open() // as the next program does
	if e.ID != "" {
		if _, err := h.Finish(t.Context(), e.ID); err != nil {
			t.Fatalf("%s: finishing it: %v", when, err)
		}
	}
	for _, last := range []string{"sort:skipped count:skipped", ""} {
		for _, a := range e.Outs {
			if !h.store.Has(a.Digest) {
				t.Fatalf("%s: %s is not kept: %+v", when, a.Path, e)
			}
		}
		if last == "" {
			break
		}
		if e = h.repro(pipeline.Request{}); e.State != pipeline.Finished {
			t.Fatalf("%s: the next one: %s %s", when, e.State, e.Reason)
		}
		h.agrees(t, "up")
		if again := h.repro(pipeline.Request{}); states(again) != last {
			t.Fatalf("%s: one more: %s, because %s", when, states(again), text(again.Stages))
		}
	}
	if _, err := h.store.Verify(t.Context(), func(i store.Info, err error) { t.Errorf("%s: %v is damaged: %v", when, i, err) }); err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if lock := h.read("rondo.lock"); strings.Contains(lock, "<<<<") {
		t.Fatalf("%s: %s", when, lock)
	}
}
