//go:build linux

package cli_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/proc"
)

// TestAKilledServerLosesNothing kills the server, or who runs a pipeline for it, at moments at
// random while a verb asks it for something. What was answered is there afterwards, the verb
// that is said again comes to its end, and nothing is damaged or left behind.
func TestAKilledServerLosesNothing(t *testing.T) {
	rounds := 2
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		rounds = max(n/len(servedVerbs), 2)
	}
	k := newKilledWorld(t)
	for name := range servedVerbs {
		t.Run(name, func(t *testing.T) {
			defer func(whole *testing.T) { k.t = whole }(k.t)
			k.t = t
			hit, span := k.rounds(name, rounds)
			if t.Logf("%d rounds, %d of them cut off, within %v", rounds, hit, span); rounds > 20 && hit < rounds/10 {
				t.Errorf("only %d of %d rounds were cut off", hit, rounds)
			}
		})
	}
	k.allThere("in the end")
}

// killedWorld is a project that counts what was answered.
type killedWorld struct {
	*world
	tokens []string // what data/d/token.txt holds in each snapshot
	n      int      // of what is new in a round
	at     *world   // where the verb of the round is said
}

func newKilledWorld(t *testing.T) *killedWorld {
	t.Helper()
	w := emptyWorld(t)
	w.file("rondo.yaml", "rondo: 1\nname: killed\nstages:\n  sort:\n    cmd: sh -c 'sort lines.txt > sorted.txt'\n    deps: [lines.txt]\n    outs: [sorted.txt]\n"+
		"  count:\n    cmd: sh -c 'mkdir counted && wc -l < sorted.txt > counted/n.txt'\n    deps: [sorted.txt]\n    outs: [counted]\n")
	k := &killedWorld{world: w}
	k.lines()
	for i := range 12 {
		k.file(fmt.Sprintf("data/d/%d.txt", i), strings.Repeat(fmt.Sprintln("line", i), 20_000*(i%2)+1))
	}
	k.token()
	w.ok("trust", "--yes")
	w.ok("data", "add", "data/d")
	w.ok("data", "remote", "disk", w.disk())
	w.ok("repro")
	return k
}

// emptyWorld is a home with a project that has nothing.
func emptyWorld(t *testing.T) *world {
	t.Helper()
	top := t.TempDir()
	w := &world{t: t, home: filepath.Join(top, "home"), dir: filepath.Join(top, "project")}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=")
	if err := os.Mkdir(w.home, 0o700); err != nil {
		t.Fatal(err)
	}
	w.ok("init", w.dir)
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	return w
}

// token makes the next version of the data.
func (k *killedWorld) token() {
	k.n++
	k.tokens = append(k.tokens, fmt.Sprint("version ", k.n))
	k.file("data/d/token.txt", k.tokens[len(k.tokens)-1])
}

func (k *killedWorld) lines() {
	k.n++
	k.file("lines.txt", fmt.Sprintf("%d\n3\n1\n2\n", k.n))
}

// rounds tells how many rounds were cut off, and how long the last one took that was not, as the first.
func (k *killedWorld) rounds(name string, n int) (hit int, span time.Duration) {
	for round := range n + 1 {
		took, cutOff := k.round(name, span, fmt.Sprintf("%s, round %d", name, round))
		if cutOff {
			hit++
		} else {
			span = took
		}
	}
	return hit, span
}

// round reports how long the verb took, and whether it was cut off.
func (k *killedWorld) round(name string, span time.Duration, when string) (took time.Duration, cutOff bool) {
	k.t.Helper()
	verb := servedVerbs[name]
	k.at = k.world
	args, done := verb.begin(k)
	k.at.ok("token") // a server that is killed runs before
	began := time.Now()
	first := k.cut(args, span, verb.dies)
	took = time.Since(began)
	if first.code != 0 {
		k.again(args, verb.had, when+", which said "+first.err)
	}
	k.clean(when)
	k.ok("token") // and one that answers what there is
	done(when)
	if k.n%10 == 0 {
		k.allThere(when)
	}
	return took, first.code != 0
}

// cut says a verb and kills who answers it, unless span is zero.
func (k *killedWorld) cut(args []string, span time.Duration, dies func(k *killedWorld) []int) result {
	k.t.Helper()
	cmd := k.at.command(args...)
	var out, fail bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fail
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	died := make(chan struct{})
	timer := time.AfterFunc(time.Duration(rand.Int64N(int64(max(span, 1)))), func() {
		defer close(died)
		if span > 0 {
			killAll(dies(k))
		}
	})
	_ = cmd.Wait()
	if !timer.Stop() {
		<-died
	}
	return result{out.String(), fail.String(), cmd.ProcessState.ExitCode()}
}

// killAll kills processes, and waits while the kernel ends them.
func killAll(pids []int) {
	for _, pid := range pids {
		id, err := proc.Of(pid)
		if err != nil {
			continue
		}
		for syscall.Kill(pid, syscall.SIGKILL); id.Alive(); {
			time.Sleep(time.Millisecond) // the kernel's time to end it
		}
	}
}

// again says a verb that was cut off; had is what it is told where it had come to its end.
func (k *killedWorld) again(args []string, had, when string) {
	k.t.Helper()
	if r := k.at.run(args...); r.code != 0 && (had == "" || !strings.Contains(r.err, had)) {
		k.t.Fatalf("%s\nagain: rondo %s: code %d\n%s%s", when, strings.Join(args, " "), r.code, r.out, r.err)
	}
}

// clean wants nothing half written among a person's files, and no staging of Rondo's own that a new server
// has not removed. Halves of single files lie in its own folder until they are old.
func (k *killedWorld) clean(when string) {
	k.t.Helper()
	if r := k.at.run("fsck"); r.code != 0 {
		k.t.Fatalf("%s: fsck: %s%s", when, r.out, r.err)
	}
	var left []string
	for pattern, half := range map[string]bool{".rondo/tmp/*": false, ".*": true, "data/.*": true, "data/*/.*": true} {
		list, _ := filepath.Glob(filepath.Join(k.at.dir, pattern))
		left = append(left, slices.DeleteFunc(list, func(at string) bool { return atomicfile.IsTemporary(filepath.Base(at)) != half })...)
	}
	if len(left) > 0 {
		k.t.Errorf("%s: left behind: %v", when, left)
	}
}

// allThere wants every snapshot that was taken, whole and as it was.
func (k *killedWorld) allThere(when string) {
	k.t.Helper()
	if out := k.ok("data", "verify", "d"); !strings.Contains(out, "intact") {
		k.t.Fatalf("%s: %s", when, out)
	}
	for i, token := range k.tokens {
		k.holds(i+1, token, when)
	}
}
