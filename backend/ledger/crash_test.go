package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rondo/backend/fault"
	"rondo/backend/journal"
	"rondo/backend/ledger"
)

var crashPoints = []string{"ledger.staged", "journal.encoded", "journal.written", "journal.synced", "journal.sealed", "journal.removed", "ledger.committed"}

// TestMain lets the test binary be the program that gets killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RONDO_TEST_CRASH_DIR"); dir != "" {
		writeUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes notes from several goroutines and says which were acknowledged.
func writeUntilKilled(dir string) {
	opts := options(dir)
	opts.SealSize = 4000
	l, err := ledger.Open(context.Background(), opts)
	if err != nil {
		fmt.Println("OPEN", err)
		os.Exit(3)
	}
	if point := os.Getenv("RONDO_TEST_CRASH_AT"); point != "" {
		left, _ := strconv.Atoi(os.Getenv("RONDO_TEST_CRASH_AFTER"))
		var mu sync.Mutex
		fault.Hook(func(p string) {
			mu.Lock()
			defer mu.Unlock()
			if p == point {
				if left--; left < 0 {
					time.Sleep(3 * time.Millisecond) // lets an acknowledgement that came too early get out
					syscall.Kill(os.Getpid(), syscall.SIGKILL)
					select {}
				}
			}
		})
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; i < 400; i++ {
				name := fmt.Sprintf("%s-%d-%d", os.Getenv("RONDO_TEST_ROUND"), w, i)
				if write(l, name, "text of "+name) == nil {
					mu.Lock()
					os.Stdout.WriteString("ACK " + name + "\n")
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
}

func rounds(def int) int {
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		return n
	}
	return def
}

// TestKilledAtAnyMomentNothingAcknowledgedIsLost kills the program with SIGKILL at
// every named point and at random moments, again and again on the same project.
func TestKilledAtAnyMomentNothingAcknowledgedIsLost(t *testing.T) {
	dir := t.TempDir()
	acked := map[string]bool{}
	killed := 0
	for round := range rounds(200) {
		if round%40 == 39 {
			dir, acked = t.TempDir(), map[string]bool{} // a long history makes slow rounds
		}
		point := ""
		if round%2 == 0 {
			point = crashPoints[(round/2)%len(crashPoints)]
		}
		if crash(t, dir, round, point, acked) {
			killed++
		}
		check(t, dir, acked, fmt.Sprintf("round %d at %q", round, point))
	}
	if killed < rounds(200)*9/10 {
		t.Fatalf("only %d rounds ended by a kill", killed)
	}
}

func crash(t *testing.T, dir string, round int, point string, acked map[string]bool) bool {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RONDO_TEST_CRASH_DIR="+dir, "RONDO_TEST_CRASH_AT="+point,
		fmt.Sprint("RONDO_TEST_ROUND=", round), fmt.Sprint("RONDO_TEST_CRASH_AFTER=", rand.IntN(3)))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if point == "" {
		timer := time.AfterFunc(time.Duration(10+rand.IntN(60))*time.Millisecond, func() { cmd.Process.Kill() })
		defer timer.Stop()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "ACK "); ok {
			acked[name] = true
		} else {
			t.Errorf("round %d: %s", round, lines.Text())
		}
	}
	return cmd.Wait() != nil
}

func check(t *testing.T, dir string, acked map[string]bool, when string) {
	opts := options(dir)
	l, err := ledger.Open(context.Background(), opts)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	shown := map[string]bool{}
	for line := range strings.Lines(dump(t, l)) {
		_, name, _ := strings.Cut(line, `"name":"`)
		name, _, _ = strings.Cut(name, `"`)
		shown[name] = true
		if !strings.Contains(line, `"text of `+name+`"`) {
			t.Fatalf("%s: half a note: %s", when, line)
		}
	}
	for name := range acked {
		if !shown[name] {
			t.Fatalf("%s: %s was acknowledged and is gone", when, name)
		}
	}
	l.Close()
	n := 0
	if damaged, err := journal.Walk(opts.JournalDir, func(journal.Record) error { n++; return nil }); err != nil || len(damaged) > 0 || n != len(shown) {
		t.Fatalf("%s: journal has %d records for %d notes, damaged %v, %v", when, n, len(shown), damaged, err)
	}
}
