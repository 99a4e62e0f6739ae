package dataset_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
)

// forest lays files in folders of all shapes: a large one, many of one file, deep ones, and
// names that sort otherwise than their folders.
func forest(t *testing.T, dir string, round int) {
	t.Helper()
	lay := func(n int, name func(i int) string, text func(i int) string) {
		for i := range n {
			write(t, dir, name(i), text(i))
		}
	}
	short := func(i int) string { return fmt.Sprint(round, " ", i) }
	lay(1200, func(i int) string { return fmt.Sprintf("large/%06d", i*7919%1000000) }, short)
	lay(150, func(i int) string { return fmt.Sprintf("ones/%d/of/one", i) }, short)
	lay(100, func(i int) string { return fmt.Sprintf("a%s/%d", []string{"", ".b", "-b", "/b", "/b/c.d"}[i%5], i) }, func(int) string { return "the same" })
	lay(30, func(i int) string { return fmt.Sprintf("big/%d", i) }, func(i int) string { return strings.Repeat(short(i), 50_000*(i%3)) })
	write(t, dir, "deep/"+strings.Repeat("d/", 60)+"end", "bottom")
	write(t, dir, "deep/d/d/e", "above it")
	write(t, dir, fmt.Sprintf("only/%d", round), "here")
	write(t, dir, "large.bin", noise(1_300_000+round))
}

// TestManyFilesComeBack: fresh, beside others and over others, with folders shared out
// among the cores.
func TestManyFilesComeBack(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	data := filepath.Join(dir, "data")
	must(t, os.Mkdir(data, 0o755))
	h.add(t, "d", "data")
	var want []map[string]string
	for round := range 2 {
		must(t, os.RemoveAll(data))
		forest(t, data, round)
		h.snap(t, "d")
		want = append(want, files(t, data))
	}
	for i, step := range []struct {
		number int
		before func()
	}{
		{1, func() {}},
		{2, func() { must(t, os.RemoveAll(data)) }},
		{1, func() { must(t, os.RemoveAll(filepath.Join(data, "ones"))) }},
		{2, func() { write(t, data, "large/extra", "work") }},
	} {
		step.before()
		_, err := h.Checkout(t.Context(), "d", step.number, true)
		must(t, err)
		if got := files(t, data); !maps.Equal(got, want[step.number-1]) {
			t.Fatalf("step %d: snapshot %d has %d files and came back with %d", i, step.number, len(want[step.number-1]), len(got))
		}
		if st, err := h.Status(t.Context(), "d"); err != nil || st.Count != 0 {
			t.Errorf("step %d: %+v %v", i, st.Text, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".rondo/tmp/*")); len(left) > 0 {
			t.Errorf("step %d leaves %v", i, left)
		}
	}
}

// manyStored is a dataset of so many files that they are synced on the way, which only the
// store has.
func manyStored(t *testing.T) (h *house, data string) {
	t.Helper()
	dir := project(t)
	h = open(t, dir)
	data = filepath.Join(dir, "data")
	must(t, os.Mkdir(data, 0o755))
	h.add(t, "d", "data")
	for i := range 2600 {
		write(t, data, fmt.Sprintf("%d/%d", i/300, i), fmt.Sprint(i))
	}
	h.snap(t, "d")
	must(t, os.RemoveAll(data))
	return h, data
}

// TestASyncThatFailsOnTheWay: whichever sync of many files fails, also one that goes on
// while more is written, the checkout says so and nothing of the old files is touched.
func TestASyncThatFailsOnTheWay(t *testing.T) {
	h, data := manyStored(t)
	write(t, data, "old", "old")
	syncs := 0
	for n := int64(1); ; n++ {
		var seen atomic.Int64
		fault.Fail(func(op string) error {
			if op == "syncfs" && seen.Add(1) == n {
				return syscall.EIO
			}
			return nil
		})
		_, err := h.Checkout(t.Context(), "d", 1, true)
		fault.Fail(nil)
		if err == nil {
			break
		}
		syncs++
		if got := files(t, data); !errs.Is(err, errs.Unavailable) || len(got) != 1 || got["old"] != "falseold" {
			t.Fatalf("sync %d failed: %v, and %d files are there", n, err, len(got))
		}
	}
	if t.Logf("%d syncs failed", syncs); syncs < 2 {
		t.Errorf("only %d syncs: none while more was written", syncs)
	}
}

// TestGivenUpWhileTheDiskWrites: a sync that goes on is not waited for.
func TestGivenUpWhileTheDiskWrites(t *testing.T) {
	h, data := manyStored(t)
	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var first sync.Once
	fault.Fail(func(op string) error {
		if op == "syncfs" {
			first.Do(func() { close(begun); <-release })
		}
		return nil
	})
	defer fault.Fail(nil)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		_, err := h.Checkout(ctx, "d", 1, false)
		ended <- err
	}()
	<-begun
	stop()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it still waits")
	}
	close(release)
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(data), ".rondo/tmp/*")); len(left) > 0 || len(files(t, filepath.Dir(data))) == 0 {
		t.Errorf("it leaves %v", left)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("the folder is there")
	}
}
