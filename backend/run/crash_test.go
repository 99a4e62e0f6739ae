//go:build unix

package run_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rondo/backend/fault"
	"rondo/backend/run"
)

var crashPoints = []string{"points.encoded", "points.written", "points.synced", "ledger.staged", "journal.written", "journal.synced", "ledger.committed"}

// TestMain lets the test binary be the program that gets killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RONDO_TEST_CRASH_DIR"); dir != "" {
		logUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// quiet stands in for a test in the program that gets killed.
type quiet struct{ testing.TB }

func (quiet) Helper()           {}
func (quiet) Cleanup(func())    {}
func (quiet) Fatal(args ...any) { fmt.Println(append([]any{"FATAL"}, args...)...); os.Exit(3) }

// logUntilKilled logs from several goroutines, with and without params, and says what
// was acknowledged.
func logUntilKilled(dir string) {
	h := open(quiet{}, dir)
	list, _, _, err := h.Search(context.Background(), run.Search{})
	must(quiet{}, err)
	armKill()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				key := fmt.Sprintf("%s-%d-%d", os.Getenv("RONDO_TEST_ROUND"), w, i)
				b := run.Batch{Points: []run.Point{{Key: key, Value: float64(i), Time: 1}, {Key: key, Value: float64(i + 1), Time: 2}}}
				if i%3 == 0 {
					b.Params = map[string]string{"p" + key: key}
				}
				if i%8 == 7 { // reading has the summaries written
					_, _ = h.Get(context.Background(), list[w%len(list)].ID)
				}
				if h.Log(context.Background(), list[w%len(list)].ID, b) == nil {
					mu.Lock()
					os.Stdout.WriteString("ACK " + key + "\n")
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
}

// armKill ends the program at the named point, at its n-th time.
func armKill() {
	point := os.Getenv("RONDO_TEST_CRASH_AT")
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

func rounds(def int) int {
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		return n
	}
	return def
}

// TestKilledAtAnyMomentNoLoggedPointIsLost kills the program at every named point and
// at random moments, tears the file's end now and then as a power cut would, and
// looks whether all that was acknowledged is there, whole, and again after a rebuild.
func TestKilledAtAnyMomentNoLoggedPointIsLost(t *testing.T) {
	dir, acked := "", map[string]bool{}
	killed, n := 0, rounds(28)
	for round := range n {
		if round%lifetime == 0 {
			dir, acked = twoRuns(t), map[string]bool{}
		}
		point := ""
		if round%4 != 3 {
			point = crashPoints[round%len(crashPoints)]
		}
		if crash(t, dir, round, point, acked) {
			killed++
		}
		if round%5 == 4 {
			tear(t, dir)
		}
		check(t, dir, acked, round%7 == 6, fmt.Sprintf("round %d at %q", round, point))
		if t.Failed() {
			return
		}
	}
	if killed < n*8/10 {
		t.Fatalf("only %d of %d rounds ended by a kill", killed, n)
	}
}

// lifetime is after how many rounds a new project begins: every check reads all there
// is, and one project for all rounds would make the work grow as their square.
const lifetime = 200

func twoRuns(t *testing.T) string {
	dir := t.TempDir()
	h := open(t, dir)
	for range 2 {
		h.run(t, run.Create{})
	}
	h.close()
	return dir
}

func crash(t *testing.T, dir string, round int, point string, acked map[string]bool) bool {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RONDO_TEST_CRASH_DIR="+dir, "RONDO_TEST_CRASH_AT="+point,
		fmt.Sprint("RONDO_TEST_ROUND=", round), fmt.Sprint("RONDO_TEST_CRASH_AFTER=", rand.IntN(12)))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if point == "" {
		timer := time.AfterFunc(time.Duration(40+rand.IntN(100))*time.Millisecond, func() { cmd.Process.Kill() })
		defer timer.Stop()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if key, ok := strings.CutPrefix(lines.Text(), "ACK "); ok {
			acked[key] = true
		} else {
			t.Errorf("round %d: %s", round, lines.Text())
		}
	}
	return cmd.Wait() != nil
}

// tear leaves at the end of a file what a power cut in the middle of a write would.
func tear(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, ".rondo", "runs", "*", "metrics", "*.points"))
	if len(files) == 0 {
		return
	}
	f, err := os.OpenFile(files[0], os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	_, err = f.Write([]byte("RPB1\x00\x00\x00\x00\x40\x00\x00\x00half a block"))
	must(t, err)
}

func check(t *testing.T, dir string, acked map[string]bool, rebuild bool, when string) {
	t.Helper()
	h := open(t, dir)
	before := h.dump(t)
	list, _, _, err := h.Search(t.Context(), run.Search{})
	must(t, err)
	seen := map[string]bool{}
	for _, r := range list {
		all, err := h.Sample(t.Context(), r.ID, nil, 10)
		must(t, err)
		for key, points := range all {
			m := r.Metrics[key]
			if seen[key] = true; len(points) != 2 || m.Count != 2 || m.Value != m.Max || m.Max != m.Min+1 {
				t.Errorf("%s: %s has %d points and the summary %+v", when, key, len(points), m)
			}
			n, _ := strconv.Atoi(key[strings.LastIndexByte(key, '-')+1:])
			if v, ok := r.Params["p"+key]; ok != (n%3 == 0) || ok && v != key {
				t.Errorf("%s: %s has the param %q", when, key, v)
			}
		}
		if len(all) != len(r.Metrics) {
			t.Errorf("%s: %d keys in the files, %d in the index", when, len(all), len(r.Metrics))
		}
	}
	for key := range acked {
		if !seen[key] {
			t.Errorf("%s: %s was acknowledged and is gone", when, key)
		}
	}
	h.close()
	if !rebuild {
		return
	}
	must(t, os.RemoveAll(filepath.Dir(indexPath(dir))))
	h = open(t, dir)
	defer h.close()
	if after := h.dump(t); after != before {
		t.Errorf("%s: the rebuilt index differs", when)
	}
	if damage, err := h.Verify(t.Context()); err != nil || len(damage) > 0 {
		t.Errorf("%s: damage %v, %v", when, damage, err)
	}
}
