//go:build linux

package dvc_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/interop/dvc"
)

// TestMain lets the test program be one that does a verb and dies so long after it began,
// unless it has come to its end, which it then tells with the time that it took.
func TestMain(m *testing.M) {
	verb, is := killedVerbs[os.Getenv("RONDO_TEST_VERB")]
	if !is {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // what a stage runs ends with it
	if life, err := time.ParseDuration(os.Getenv("RONDO_TEST_LIFE")); err == nil {
		time.AfterFunc(life, func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	}
	began := time.Now()
	p, err := dvc.Open(os.Getenv("RONDO_TEST_DIR"))
	if err == nil {
		err = verb.do(p)
	}
	if err != nil {
		fmt.Println("FAILED", err)
		os.Exit(3)
	}
	fmt.Println("ENDED", time.Since(began))
	os.Exit(0)
}

// TestKilledInAnyVerb kills each verb at moments at random. The cache holds nothing that is
// damaged, the verb that is said again comes to its end, of Rondo as of dvc, and its end is the
// same as if nobody had been killed.
func TestKilledInAnyVerb(t *testing.T) {
	d := newDriver(t, realDVC(t))
	for name, verb := range killedVerbs {
		t.Run(name, func(t *testing.T) {
			d.t = t
			world := filepath.Join(t.TempDir(), "world")
			begin(t, world, verb)
			kills, n := 0, setting("RONDO_TORTURE", 3)
			span := time.Duration(0) // how long it takes; the first one is not killed
			for round := range n + 1 {
				out := killedRound(t, d, name, world, span, round)
				if took, ended := strings.CutPrefix(out, "ENDED "); ended {
					var err error
					if span, err = time.ParseDuration(strings.TrimSpace(took)); err != nil {
						t.Fatal(err)
					}
				} else {
					kills++
				}
			}
			if t.Logf("%s: %d rounds, %d of them killed", name, n, kills); n > 20 && kills < n/4 { // a short verb may end before its time is up
				t.Errorf("only %d of %d rounds were killed", kills, n)
			}
		})
	}
}

// killedRound kills the verb in a copy of its world, unless span is zero, and returns what it said.
func killedRound(t *testing.T, d *driver, name, world string, span time.Duration, round int) string {
	t.Helper()
	top, verb := filepath.Join(t.TempDir(), fmt.Sprint(round)), killedVerbs[name]
	if err := os.CopyFS(top, os.DirFS(world)); err != nil {
		t.Fatal(err)
	}
	dir, life := filepath.Join(top, "project"), ""
	if span > 0 {
		life = time.Duration(rand.Int64N(int64(span) * 6 / 5)).String()
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(d.env, "RONDO_TEST_VERB="+name, "RONDO_TEST_DIR="+dir, "RONDO_TEST_LIFE="+life), os.Stderr
	said, err := cmd.Output()
	when, out := fmt.Sprintf("%s, round %d, killed after %s", name, round, life), string(said)
	ended := strings.HasPrefix(out, "ENDED")
	if !ended && (err == nil || out != "") {
		t.Fatalf("%s: %v %s", when, err, out)
	}
	p := opens(t, dir, when)
	if v, err := p.Verify(t.Context()); err != nil || len(v.Damaged) > 0 {
		t.Fatalf("%s: the cache has %+v, %v", when, v.Damaged, err)
	}
	switch {
	case ended:
	case round%20 == 1 && verb.dvc != nil:
		when += ", then by dvc"
		if out, well := d.try(dir, verb.dvc...); !well {
			t.Fatalf("%s: %s", when, out)
		}
	default:
		if err := verb.do(p); err != nil {
			t.Fatalf("%s: again: %v", when, err)
		}
	}
	clean(t, dir, when)
	verb.done(t, opens(t, dir, when), when)
	p.Close()
	if err := os.RemoveAll(top); err != nil {
		t.Fatal(err)
	}
	return out
}

func opens(t *testing.T, dir, when string) *dvc.Project {
	t.Helper()
	p, err := dvc.Open(dir)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	return p
}

// clean wants nothing that was only half written among the files of a person.
func clean(t *testing.T, dir, when string) {
	t.Helper()
	ok(t, filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err == nil && e.Name() == ".dvc" {
			return fs.SkipDir
		}
		if err == nil && atomicfile.IsTemporary(e.Name()) {
			t.Errorf("%s: left behind: %s", when, at)
		}
		return err
	}))
}
