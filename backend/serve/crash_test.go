package serve_test

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
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rondo/backend/fault"
	"rondo/backend/serve"
	"rondo/backend/serve/servetest"
)

// TestMain lets the test binary be the server that gets killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RONDO_TEST_CRASH_DIR"); dir != "" {
		serveUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// serveUntilKilled answers, flushes and labels, and says what was acknowledged.
func serveUntilKilled(dir string) {
	ctx := context.Background()
	h, err := servetest.Start(ctx, dir, func(o *serve.Options) { o.CaptureFile = 3000 })
	if err != nil {
		fmt.Println("OPEN", err)
		os.Exit(3)
	}
	h.Shelf.Point("champion", 1)
	spec := serve.Spec{Name: "weather", Target: serve.Target{Model: "weather", Alias: "champion"}, Capture: 1}
	if _, err := h.Create(ctx, spec); err != nil && h.Follow(ctx, "weather", "champion") != nil {
		fmt.Println("CREATE", err)
		os.Exit(3)
	}
	killAt(os.Getenv("RONDO_TEST_CRASH_AT"), os.Getenv("RONDO_TEST_CRASH_AFTER"))
	for i := range 400 {
		id := fmt.Sprintf("%s-%d", os.Getenv("RONDO_TEST_ROUND"), i)
		if _, err := h.Infer(ctx, "weather", servetest.Day(id, float64(i))); err != nil {
			fmt.Println("INFER", err)
			os.Exit(3)
		}
		if i%3 == 0 && h.Flush(ctx) == nil {
			os.Stdout.WriteString("CAPTURED " + id + "\n")
		}
		if i%5 == 0 {
			if n, err := h.AddTruth(ctx, "weather", []serve.Truth{{ID: id, Label: id}}); err == nil && n == 1 {
				os.Stdout.WriteString("LABELLED " + id + "\n")
			}
		}
	}
}

func killAt(point, after string) {
	n, _ := strconv.Atoi(after)
	var left atomic.Int64
	left.Store(int64(n))
	fault.Hook(func(p string) {
		if p == point && left.Add(-1) < 0 {
			time.Sleep(2 * time.Millisecond) // lets an acknowledgement that came too early get out
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
}

func rounds(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		return n
	}
	return usual
}

// TestKilledAtAnyMomentNoAcknowledgedCaptureIsLost kills the server with SIGKILL
// where it hurts, tears the end of the newest file besides, and looks for all that
// was acknowledged.
func TestKilledAtAnyMomentNoAcknowledgedCaptureIsLost(t *testing.T) {
	points := []string{"capture.written", "capture.synced", "ledger.staged", "ledger.committed"}
	dir := ""
	captured, labelled := map[string]bool{}, map[string]bool{}
	for round := range rounds(12) {
		if round%lifetime == 0 {
			dir = t.TempDir()
		}
		crash(t, dir, points[round%len(points)], round, captured, labelled)
		if round%3 == 2 {
			tear(t, dir)
		}
		h := servetest.Open(t, dir)
		for _, c := range readAll(t, h, 1000) {
			delete(captured, c.ID)
			if c.Truth != nil && c.Truth.Label == c.ID {
				delete(labelled, c.ID)
			}
		}
		if len(captured)+len(labelled) > 0 {
			t.Fatalf("round %d: lost captures %v, labels %v", round, captured, labelled)
		}
		before := h.Dump(t)
		h.Shut()
		if round%4 == 3 {
			os.RemoveAll(filepath.Join(dir, "device"))
			h = servetest.Open(t, dir)
			if h.Dump(t) != before {
				t.Fatalf("round %d: the rebuilt index differs", round)
			}
			h.Shut()
		}
	}
}

// lifetime is after how many rounds a new project begins: every check reads all there
// is, and one project for all rounds would make the work grow as their square.
const lifetime = 100

func crash(t *testing.T, dir, point string, round int, captured, labelled map[string]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RONDO_TEST_CRASH_DIR="+dir, "RONDO_TEST_CRASH_AT="+point,
		fmt.Sprint("RONDO_TEST_ROUND=", round), fmt.Sprint("RONDO_TEST_CRASH_AFTER=", 3+rand.IntN(60)))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch what, id, _ := strings.Cut(lines.Text(), " "); what {
		case "CAPTURED":
			captured[id] = true
		case "LABELLED":
			labelled[id] = true
		default:
			t.Fatalf("round %d at %s: %s", round, point, lines.Text())
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatalf("round %d at %s: nothing killed it", round, point)
	}
}

// tear adds what a power cut may leave after the last whole block.
func tear(t *testing.T, dir string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, ".rondo", "captures", "laptop", "*.log"))
	if err != nil || len(all) == 0 {
		t.Fatal("no captures", err)
	}
	f, err := os.OpenFile(all[len(all)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("RCB1\x00\x00\x00\x00\xff\x00\x00\x00torn")
}
