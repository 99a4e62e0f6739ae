//go:build unix

package dataset_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/fsck"
	rondo "rondo/backend/project"
)

var movePoints = map[string][]string{
	"push":  {"store.sent"},
	"fetch": {"store.packed", "store.pack-kept", "ledger.staged", "journal.written", "ledger.committed"},
}

// move is what the child does until it is killed.
func move(ctx context.Context, o opened, what string) {
	var err error
	if what == "push" {
		_, err = o.Push(ctx, dataset.Exchange{})
	} else {
		_, err = o.Fetch(ctx, dataset.Exchange{})
	}
	if err != nil {
		fmt.Println("FAILED", err)
		os.Exit(3)
	}
}

// TestKilledWhilePushing kills pushes to a remote and fetches from it, at the named points
// and at random moments. A remote never looks in sync before it is, what was killed ends
// when it is done again, and what arrives elsewhere is whole.
func TestKilledWhilePushing(t *testing.T) {
	began := newProject(t)
	o, err := openAt(began)
	must(t, err)
	for i := range states {
		must(t, lay(filepath.Join(began, "data"), state(i)))
		write(t, began, "data/noise.bin", noise(30 << 20)[i:])
		if i == 0 {
			_, err = o.Add(t.Context(), "d", "data", "")
			must(t, err)
		}
		_, err = o.Snapshot(t.Context(), "d", dataset.Take{})
		must(t, err)
	}
	o.Service.Close()
	o.ledger.Close()
	killed, random, n := 0, 0, rounds(4)
	for round := range n {
		disk := filepath.Join(t.TempDir(), "disk")
		from, to := copied(t, began), newProject(t)
		for _, dir := range []string{from, to} {
			o, err := openAt(dir)
			must(t, err)
			must(t, o.SetRemote(far.Remote{Name: "disk", Address: disk}))
			o.Service.Close()
			o.ledger.Close()
		}
		for _, one := range []struct{ what, dir string }{{"push", from}, {"fetch", to}} {
			point := ""
			if points := movePoints[one.what]; round%2 == 0 {
				point = points[(round/2)%len(points)]
			}
			out, err := runMove(t, one.dir, one.what, point)
			if strings.Contains(out, "FAILED") || strings.Contains(out, "OPEN") {
				t.Fatalf("round %d, %s at %q: %s", round, one.what, point, out)
			}
			if err != nil {
				if killed++; point == "" {
					random++
				}
			}
			afterMove(t, one.what, one.dir, fmt.Sprintf("round %d, %s at %q", round, one.what, point))
		}
		must(t, os.RemoveAll(filepath.Dir(disk)))
		must(t, os.RemoveAll(filepath.Dir(from)))
		must(t, os.RemoveAll(filepath.Dir(to)))
	}
	if t.Logf("%d moves, %d of them killed, %d at random", 2*n, killed, random); killed < n*2/3 {
		t.Fatalf("only %d of %d were killed", killed, 2*n)
	}
}

// copied is a project folder, and its device's, as a backup brings them.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "project")
	for _, end := range []string{"", "-device"} {
		must(t, os.CopyFS(to+end, os.DirFS(dir+end)))
	}
	if _, err := rondo.Open(to); err != nil {
		t.Fatal(err)
	}
	return to
}

func runMove(t *testing.T, dir, what, point string) (string, error) {
	t.Helper()
	env := []string{"RONDO_TEST_CRASH_AT=" + point, "RONDO_TEST_MOVE=" + what}
	if point == "" {
		env[0] = fmt.Sprintf("RONDO_TEST_CRASH_AFTER=%s", time.Duration(rand.IntN(250_000))*time.Microsecond)
	}
	return runChild(t, dir, env...)
}

// whole names the snapshots that are listed and are not there.
func whole(t *testing.T, o opened) (bad []error) {
	t.Helper()
	sets, err := o.List(t.Context())
	must(t, err)
	for _, d := range sets {
		list, err := o.Snapshots(t.Context(), d.Name)
		must(t, err)
		for _, snap := range list {
			if r, err := o.Verify(t.Context(), d.Name, snap.Number); err != nil || !r.OK {
				bad = append(bad, fmt.Errorf("%s is listed and not whole: %v %v", snap.Ref(), r.Problems, err))
			}
		}
	}
	return bad
}

func afterMove(t *testing.T, what, dir, when string) {
	t.Helper()
	ctx := t.Context()
	o, err := openAt(dir)
	must(t, err)
	defer o.ledger.Close()
	defer o.Service.Close()
	before, err := o.RemoteStatus(ctx, "")
	if err == nil && what == "push" && len(before) == 1 { // what it lists is whole, whether that is all, some or nothing; what the status counts is looked for first
		seen, err := openAt(newProject(t))
		must(t, err)
		must(t, seen.SetRemote(far.Remote{Name: "disk", Address: remoteOf(t, o)}))
		if _, err := seen.Fetch(ctx, dataset.Exchange{}); err != nil {
			t.Errorf("%s: in sync or not (%v), what it lists cannot be fetched: %v", when, before[0].InSync, err)
		}
		seen.Service.Close()
		seen.ledger.Close()
	}
	for _, err := range whole(t, o) {
		t.Errorf("%s: %v", when, err)
	}
	move := o.Push
	if what == "fetch" {
		move = o.Fetch
	}
	if _, err := move(ctx, dataset.Exchange{}); err != nil {
		t.Fatalf("%s: again: %v", when, err)
	}
	after, err := o.RemoteStatus(ctx, "")
	if err != nil || len(after) != 1 || !after[0].InSync || after[0].There != states {
		t.Fatalf("%s: %+v %v", when, after, err)
	}
	for n := range states {
		if v, err := o.Verify(ctx, "d", n+1); err != nil || !v.OK {
			t.Fatalf("%s: snapshot %d: %+v %v", when, n+1, v, err)
		}
	}
	if r, err := fsck.Check(ctx, dir, fsck.Options{}); err != nil || !r.OK {
		t.Fatalf("%s: fsck says %+v %v", when, r.Problems, err)
	}
}

func remoteOf(t *testing.T, o opened) string {
	t.Helper()
	list, err := o.Remotes()
	must(t, err)
	return list[0].Address
}
