//go:build linux

package cli_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"rondo/backend/atomicfile"
)

// TestAKilledMergeLeavesWhatThereWas, or what it shall be, and nothing half written beside it.
func TestAKilledMergeLeavesWhatThereWas(t *testing.T) {
	w, rounds := emptyWorld(t), 6
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		rounds = n
	}
	lock := func(stages ...int) string {
		text := "schema: rondo 1\nstages:\n"
		for _, n := range stages {
			text += fmt.Sprintf("  s%d:\n    cmd: [echo, %d]\n", n, n)
		}
		return text
	}
	w.file("base", lock(1))
	w.file("theirs", lock(1, 3))
	args := []string{"merge-lock", "base", "rondo.lock", "theirs", "rondo.lock"}
	merge := func(span time.Duration) (took time.Duration, killed bool) {
		began, cmd := time.Now(), w.command(args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if span > 0 {
			defer time.AfterFunc(time.Duration(rand.Int64N(int64(span))), func() { cmd.Process.Kill() }).Stop()
		}
		err := cmd.Wait()
		return time.Since(began), err != nil
	}
	read := func() string {
		b, err := os.ReadFile(filepath.Join(w.dir, "rondo.lock"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	w.file("rondo.lock", lock(1, 2))
	span, _ := merge(0)
	merged, hit := read(), 0
	for round := range rounds {
		w.file("rondo.lock", lock(1, 2))
		if _, killed := merge(span); killed {
			hit++
		}
		if now := read(); now != merged && now != lock(1, 2) {
			t.Fatalf("round %d left %q", round, now)
		}
		list, err := os.ReadDir(w.dir)
		for _, e := range list {
			if err != nil || atomicfile.IsTemporary(e.Name()) {
				t.Fatalf("round %d: left behind: %s, %v", round, e.Name(), err)
			}
		}
		if w.ok(args...); read() != merged {
			t.Fatalf("round %d: again it is %q", round, read())
		}
	}
	t.Logf("%d rounds, %d of them killed, within %v", rounds, hit, span)
}
