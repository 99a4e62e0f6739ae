//go:build unix

package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rondo/backend/fault"
	"rondo/backend/loop"
	"rondo/backend/pipeline"
	"rondo/backend/registry"
)

// dieAt kills this process, as a power cut would, when it first comes to a point that
// the environment names. The processes that go on afterwards come through.
func dieAt(point, once string) {
	if point == "" {
		return
	}
	fault.Hook(func(at string) {
		if at != point {
			return
		}
		f, err := os.OpenFile(once, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return // somebody died here already
		}
		f.Close()
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	})
}

// failAsTold lets the N-th operation on the file system fail, by "VERB N ERRNO FILE", in the process
// of that verb, which then makes the file.
func failAsTold(told string) {
	var verb, met string
	var n, number int
	if _, err := fmt.Sscan(told, &verb, &n, &number, &met); err != nil || !slices.Contains(os.Args, verb) {
		return
	}
	var count atomic.Int64
	fault.Fail(func(string) error {
		if int(count.Add(1)) != n {
			return nil
		}
		if f, err := os.OpenFile(met, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
			f.Close()
			return syscall.Errno(number)
		}
		return nil
	})
}

// count is what a retrain adds to, each time once.
type count struct{ decisions, executions, versions, moves, rows int }

func (w *world) list(path string, into any) {
	w.t.Helper()
	a := w.ask("GET", path, "")
	if err := json.Unmarshal([]byte(a.body), into); err != nil || a.status != 200 {
		w.t.Fatalf("%s: %d %.300s %v", path, a.status, a.body, err)
	}
}

func (w *world) count() (n count, newest loop.Decision) {
	w.t.Helper()
	var (
		decisions  []loop.Decision
		executions []pipeline.Execution
		versions   []registry.Version
		moves      []registry.Move
	)
	w.list("/decisions", &decisions)
	w.list("/executions", &executions)
	w.list("/models/weather/versions", &versions)
	w.list("/models/weather/history", &moves)
	b, err := os.ReadFile(filepath.Join(w.dir, "data", "weather.csv"))
	if err != nil {
		w.t.Fatal(err)
	}
	return count{len(decisions), len(executions), len(versions), len(moves), bytes.Count(b, []byte("\n"))}, decisions[0]
}

// days asks for a few predictions of round n and tells what became of them, so that
// there is something new to learn from.
func (w *world) days(n int) {
	w.t.Helper()
	for i := range 3 {
		id := fmt.Sprintf("round-%d-%d", n, i)
		row := fmt.Sprintf(`{"id":%q,"rows":[{"temp_max":%d,"temp_min":3,"wind":4,"day":%d}],"attributes":{"location":"Seattle","date":"2014-%02d-%02d"}}`, id, 8+i, 20+n, 1+n%12, 1+i)
		if a := w.ask("POST", "/endpoints/weather/predict", row); a.status != 200 {
			w.t.Fatal(a)
		}
		truth := fmt.Sprintf(`{"rows":[{"id":%q,"label":1,"columns":{"precipitation":2.5,"weather":"rain"}}]}`, id)
		if a := w.ask("POST", "/endpoints/weather/truth", truth); a.status != 200 {
			w.t.Fatal(a)
		}
	}
}

// TestAKilledServerRetrainsOnce kills the real server at every step of a retrain, and
// the runner at every step of a stage. However it went, in the end there is one more
// decision, one more execution, one more version, one more move and each row once.
func TestAKilledServerRetrainsOnce(t *testing.T) {
	w := trained(t)
	points := []string{"dataset.recorded", "execution.started", "execution.logged", "pipeline.ran"}
	for _, step := range []string{loop.Feedback, loop.Snapshot, loop.Train, loop.Register, loop.Judge, loop.Promote, loop.Deploy} {
		points = append(points, "loop."+step+".done")
		if os.Getenv("RONDO_TORTURE") != "" {
			points = append(points, "loop."+step)
		}
	}
	if os.Getenv("RONDO_TORTURE") != "" {
		points = append(points, "dataset.stored", "pipeline.cleared", "pipeline.kept", "pipeline.locked", "pipeline.result")
	}
	before, _ := w.count()
	for i, point := range points {
		began := time.Now()
		w.days(i)
		w.ok("stop")
		once, env := filepath.Join(w.home, "died-"+point), w.env
		w.env = append(slices.Clone(env), "RONDO_TEST_DIE_AT="+point, "RONDO_TEST_DIED="+once)
		w.run("trigger", "fire", "drift", "--reason", point) // its server may die before it answers
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(once); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: nobody came there\n%s", point, w.ok("decisions"))
			}
		}
		runnerDied := strings.HasPrefix(point, "pipeline.")
		for dying := w.info().Process; !runnerDied && dying.Alive(); {
			time.Sleep(time.Millisecond) // the kernel's time to end it
		}
		w.env = env
		after, d := w.settled(point)
		want := count{before.decisions + 1, before.executions + 1, before.versions + 1, before.moves + 1, before.rows + 3}
		if runnerDied { // the stages did not run through, which ends the decision; the next one has the rows
			want.versions, want.moves = before.versions, before.moves
		}
		if after != want || (d.State == loop.Promoted) == runnerDied || d.Cause.Text != point {
			t.Errorf("%s: %+v, want %+v\n%s: %s", point, after, want, d.State, d.Text)
		}
		t.Logf("%s: %v, %s", point, time.Since(began).Round(10*time.Millisecond), d.State)
		before = after
	}
	w.ok("fsck")
	w.ok("rebuild")
}

// settled waits until the newest decision is over.
func (w *world) settled(what string) (count, loop.Decision) {
	w.t.Helper()
	w.ok("token") // whoever dies at the last moment is replaced
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n, d := w.count()
		if !d.Open() && d.Cause.Text == what {
			return n, d
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: the decision is not over: %+v", what, d)
		}
	}
}
