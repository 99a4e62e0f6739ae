//go:build unix

package dataset_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/fsck"
)

// doUntilKilled is the program that does a verb and dies so many microseconds after it began,
// unless it has come to its end, which it then tells with the time that it took.
func doUntilKilled(ctx context.Context, o opened, verb string) {
	if disk := os.Getenv("RONDO_TEST_DISK"); disk != "" {
		if err := o.SetRemote(far.Remote{Name: "disk", Address: disk}); err != nil {
			fmt.Println("FAILED", err)
			os.Exit(3)
		}
	}
	if life, err := time.ParseDuration(os.Getenv("RONDO_TEST_LIFE")); err == nil {
		time.AfterFunc(life, func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	}
	began := time.Now()
	if err := killedVerbs[verb].do(ctx, o); err != nil {
		fmt.Println("FAILED", err)
		os.Exit(3)
	}
	fmt.Println("ENDED", time.Since(began))
	os.Exit(0)
}

// TestKilledInAnyVerb kills each verb at moments at random. What was answered before is there,
// nothing is damaged, the verb that is said again comes to its end, and nothing is left behind.
func TestKilledInAnyVerb(t *testing.T) {
	disk := pushedTo(t)
	t.Setenv("RONDO_TEST_ORIGIN", strings.TrimSuffix(disk, "-disk"))
	tables(t)
	for name, verb := range killedVerbs {
		t.Run(name, func(t *testing.T) {
			if verb.link != "" {
				t.Setenv("RONDO_TEST_LINK", string(verb.link))
			}
			world, from := newProject(t), ""
			o, err := openAt(world)
			must(t, err)
			verb.begin(t, o, world)
			o.Service.Close()
			o.ledger.Close()
			if verb.from {
				from = disk
			}
			kills, n := 0, rounds(3)
			span := time.Duration(0) // how long it takes; the first one is not killed
			for round := range n + 1 {
				out := killedRound(t, killedIn{name, verb, world, from}, span, round)
				if took, ended := strings.CutPrefix(out, "ENDED "); ended {
					span, err = time.ParseDuration(strings.TrimSpace(took))
					must(t, err)
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

// killedIn is where a verb is killed.
type killedIn struct {
	name string
	killed
	world string
	from  string // the remote, where it is not beside the project
}

// killedRound kills the verb in a copy of its world, unless span is zero, and returns what it said.
func killedRound(t *testing.T, in killedIn, span time.Duration, round int) string {
	t.Helper()
	top := filepath.Join(t.TempDir(), fmt.Sprint(round))
	dir, disk := filepath.Join(top, "project"), in.from
	for _, end := range []string{"", "-device", "-disk"} {
		if _, err := os.Stat(in.world + end); err == nil {
			must(t, os.CopyFS(dir+end, os.DirFS(in.world+end)))
		}
	}
	if disk == "" {
		disk = beside(dir)
	}
	env := []string{"RONDO_TEST_VERB=" + in.name, "RONDO_TEST_DISK=" + disk}
	if span > 0 {
		env = append(env, fmt.Sprint("RONDO_TEST_LIFE=", time.Duration(rand.Int64N(int64(span)*6/5))))
	}
	out, err := runChild(t, dir, env...)
	when := fmt.Sprintf("%s, round %d, %s", in.name, round, strings.Join(env[2:], ""))
	if ended := strings.HasPrefix(out, "ENDED"); !ended && (err == nil || out != "") {
		t.Fatalf("%s: %v %s", when, err, out)
	}
	boot := []string{"one", "two"}[round/2%2] // only the program ended, or the machine did, too
	in.after(t, dir, boot, out != "", when+", then boot "+boot)
	must(t, os.RemoveAll(top))
	return out
}

// after looks at what a kill left, and lets the verb come to its end.
func (in killedIn) after(t *testing.T, dir, boot string, ended bool, when string) {
	t.Helper()
	o, err := openIn(dir, boot)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if !in.sick || ended {
		for _, err := range whole(t, o) {
			t.Errorf("%s: %v", when, err)
		}
	}
	if !ended {
		if err := in.do(t.Context(), o); err != nil && (in.meant == 0 || !errs.Is(err, in.meant)) {
			t.Fatalf("%s: again: %v", when, err)
		}
	}
	in.done(t, o, dir, when)
	o.Service.Close()
	o.ledger.Close()
	if r, err := fsck.Check(t.Context(), dir, fsck.Options{}); err != nil || !r.OK {
		t.Fatalf("%s: fsck says %+v, %v", when, r.Problems, err)
	}
	left := append(stagings(dir), slices.Sorted(maps.Keys(notes(t, dir)))...)
	if len(left) > 0 {
		t.Errorf("%s: left behind: %v", when, left)
	}
}
