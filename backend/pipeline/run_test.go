package pipeline_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// bare is a project folder with a plan, whose runner is started by hand.
type bare struct {
	t    *testing.T
	dir  string
	plan pipeline.Plan
}

func newBare(t *testing.T, stages map[string]project.Stage) *bare {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ".rondo", "objects", "packs"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &bare{t: t, dir: dir, plan: pipeline.Plan{Project: dir, Objects: filepath.Join(dir, ".rondo", "objects"), Stages: stages, Parallel: 4}}
}

// start starts a runner and returns it with what it says, line by line.
func (b *bare) start(id string, env ...string) (*exec.Cmd, <-chan string) {
	b.t.Helper()
	run := filepath.Join(b.dir, ".rondo", "runs", id)
	if err := os.MkdirAll(filepath.Join(run, "stages"), 0o755); err != nil {
		b.t.Fatal(err)
	}
	text, err := json.Marshal(b.plan)
	if err == nil {
		err = os.WriteFile(filepath.Join(run, "execution.json"), text, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "pipeline-run", run)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { cmd.Process.Kill() })
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return cmd, lines
}

// until waits for a line that holds the text.
func (b *bare) until(lines <-chan string, text string) {
	b.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				b.t.Fatalf("%q was never said", text)
			}
			b.t.Log(l)
			if strings.Contains(l, text) {
				return
			}
		case <-late:
			b.t.Fatalf("%q was not said in 20 s", text)
		}
	}
}

func (b *bare) result(id, stage string) (r pipeline.StageResult) {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, ".rondo", "runs", id, "stages", stage+".json"))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func stage(cmd string, outs ...string) project.Stage {
	s := project.Stage{Cmd: project.Lines{cmd}}
	for _, o := range outs {
		s.Outs = append(s.Outs, project.Out{Path: o})
	}
	return s
}

// Each of two stages ends only when it has seen the other begin.
func TestIndependentStagesRunSideBySide(t *testing.T) {
	t.Parallel()
	meet := func(me, other string) project.Stage {
		return stage(fmt.Sprintf(`sh -c 'touch began-%s; while [ ! -e began-%s ]; do sleep 0.01; done; echo done > %s'`, me, other, me), me)
	}
	b := newBare(t, map[string]project.Stage{"left": meet("left", "right"), "right": meet("right", "left")})
	cmd, lines := b.start("one")
	for range lines {
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	b.plan.Parallel = 1
	b.plan.Stages = map[string]project.Stage{
		"a": stage(`sh -c '! test -e busy && touch busy && sleep 0.1 && rm busy && echo > a'`, "a"),
		"b": stage(`sh -c '! test -e busy && touch busy && sleep 0.1 && rm busy && echo > b'`, "b"),
	}
	cmd, lines = b.start("two")
	for range lines {
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("with parallel: 1 they met: %v", err)
	}
}

func TestASignalReachesTheStageOnceAndNothingMoreStarts(t *testing.T) {
	t.Parallel()
	slow := project.Stage{Cmd: project.Lines{`sh -c 'n=0; trap "n=\$((n+1)); echo heard \$n" INT; echo ready; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.05; done; echo heard in all \$n > heard.txt; exit 3'`}, Outs: project.Outs{{Path: "heard.txt"}}}
	slow.Cmd[0] = strings.ReplaceAll(slow.Cmd[0], `\$`, "$")
	next := stage("cp heard.txt next.txt", "next.txt")
	next.Deps = project.Lines{"heard.txt"}
	b := newBare(t, map[string]project.Stage{"slow": slow, "next": next})
	cmd, lines := b.start("one")
	b.until(lines, "[slow] ready")
	cmd.Process.Signal(syscall.SIGINT)
	for range lines {
	}
	if err := cmd.Wait(); err == nil {
		t.Error("a stopped execution ended well")
	}
	if text, err := os.ReadFile(filepath.Join(b.dir, "heard.txt")); err != nil || string(text) != "heard in all 1\n" {
		t.Errorf("%v %q", err, text)
	}
	if s, n := b.result("one", "slow"), b.result("one", "next"); s.State != pipeline.Stopped || n.State != pipeline.Blocked {
		t.Errorf("%s %s", s.State, n.State)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "rondo.lock")); err == nil {
		t.Error("the lock knows a stage that was stopped")
	}
}

func TestADeafStageIsEndedWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	b := newBare(t, map[string]project.Stage{"deaf": stage(`sh -c 'trap "" INT TERM; sleep 600 & echo pid $!; while true; do sleep 0.05; done'`, "never")})
	b.plan.Patience = 50
	cmd, lines := b.start("one")
	var child int
	for l := range lines {
		if _, err := fmt.Sscanf(l, "[deaf] pid %d", &child); err == nil {
			break
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	for range lines {
	}
	cmd.Wait()
	if r := b.result("one", "deaf"); r.State != pipeline.Stopped {
		t.Errorf("%+v", r)
	}
	gone(t, child)
}

func gone(t *testing.T, pid int) {
	t.Helper()
	for range 500 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		time.Sleep(10 * time.Millisecond) // nobody tells when another's child ends
	}
	t.Errorf("process %d is still there", pid)
}

// The runner is killed, its stage lives on and still writes. The next execution waits
// for it.
func TestAStageThatOutlivesItsRunnerKeepsOthersAway(t *testing.T) {
	t.Parallel()
	b := newBare(t, map[string]project.Stage{"slow": stage(`sh -c 'echo ready; while [ ! -e go ]; do sleep 0.01; done; echo late > out.txt'`, "out.txt")})
	cmd, lines := b.start("one")
	b.until(lines, "[slow] ready")
	cmd.Process.Kill()
	cmd.Wait()
	b.plan.Stages["slow"] = stage("sh -c 'echo second > out.txt'", "out.txt")
	cmd, lines = b.start("two")
	b.until(lines, "another execution works in this project")
	if err := os.WriteFile(filepath.Join(b.dir, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range lines {
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(filepath.Join(b.dir, "out.txt")); string(text) != "second\n" {
		t.Errorf("%q", text)
	}
}

func TestWhatHoldsTheOutputDoesNotHoldTheStage(t *testing.T) {
	t.Parallel()
	b := newBare(t, map[string]project.Stage{"left": stage(`sh -c 'sleep 600 & echo pid $!; echo made > out.txt'`, "out.txt")})
	cmd, lines := b.start("one")
	var child int
	for l := range lines {
		fmt.Sscanf(l, "[left] pid %d", &child)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if r := b.result("one", "left"); r.State != pipeline.Ran {
		t.Errorf("%+v", r)
	}
	gone(t, child)
}
