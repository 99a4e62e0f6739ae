//go:build unix

package dataset_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/fsck"
	"rondo/backend/index"
	"rondo/backend/ledger"
	rondo "rondo/backend/project"
	"rondo/backend/store"
)

// TestMain lets the test binary be the program that gets killed or runs out of space.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RONDO_TEST_CRASH_DIR"); dir != "" {
		workUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

var crashPoints = []string{
	"store.packed", "store.pack-kept", "dataset.stored", "ledger.staged", "journal.written", "ledger.committed",
	"dataset.recorded", "dataset.staged", "dataset.noted", "dataset.moving", "dataset.moved", "dataset.settled", "store.condemned", "store.swept", "store.removing",
}

// state i of the folder: files come, go, grow and change into folders.
func state(i int) map[string]string {
	files := map[string]string{"same.txt": "same", "large.bin": strings.Repeat(fmt.Sprintf("%d\n", i), 600_000)}
	for k := range 12 {
		files[fmt.Sprintf("f%d-%d.txt", k, (i+k)%4)] = fmt.Sprintf("%d of %d", k, i)
	}
	if i%2 == 0 {
		files["x"] = "a file"
	} else {
		files["x/y.txt"] = "a file in a folder"
	}
	return files
}

func lay(dir string, files map[string]string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

type opened struct {
	*dataset.Service
	ledger *ledger.Ledger
	store  *store.Store
}

// openAt opens the project as all programs do between two starts of the machine.
func openAt(dir string) (opened, error) { return openIn(dir, "one") }

func openIn(dir, boot string) (o opened, err error) {
	o.ledger, err = ledger.Open(context.Background(), ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo/journal"), Device: "laptop", IndexPath: dir + "-device/index.db", Nouns: []index.Noun{dataset.Index()},
	})
	if err != nil {
		return o, err
	}
	if o.store, err = store.Open(filepath.Join(dir, ".rondo/objects")); err != nil {
		return o, err
	}
	options := dataset.Options{Ledger: o.ledger, Store: o.store, Dir: dir, Device: dir + "-device", Boot: boot}
	how := os.Getenv("RONDO_TEST_LINK")
	if how != "" { // only what was written a while ago is linked by name
		options.Now = func() time.Time { return time.Now().Add(time.Minute) }
	}
	if o.Service, err = dataset.Open(context.Background(), options); err == nil {
		o.SetLink(store.Link(how))
	}
	return o, err
}

const states = 3

// workUntilKilled takes snapshots and checks them out again, saying what it begins and
// what it was answered.
func workUntilKilled(dir string) {
	o, err := openAt(dir)
	if err != nil {
		fmt.Println("OPEN", err)
		os.Exit(3)
	}
	if limit, err := strconv.ParseUint(os.Getenv("RONDO_TEST_FILE_LIMIT"), 10, 64); err == nil {
		runOutOfSpace(o, dir, limit)
		return
	}
	if os.Getenv("RONDO_TEST_UNREADABLE") != "" {
		readNothing(o, dir)
		return
	}
	if os.Getenv("RONDO_TEST_READ_ONLY") != "" {
		writeNothing(o, dir)
		return
	}
	dieAt(os.Getenv("RONDO_TEST_CRASH_AT"))
	ctx := context.Background()
	if verb := os.Getenv("RONDO_TEST_VERB"); verb != "" {
		doUntilKilled(ctx, o, verb)
		return
	}
	if what := os.Getenv("RONDO_TEST_MOVE"); what != "" {
		move(ctx, o, what)
		return
	}
	os.MkdirAll(filepath.Join(dir, "data"), 0o755)
	if _, err := o.Add(ctx, "d", "data", ""); err != nil {
		fmt.Println("FAILED", err)
		os.Exit(3)
	}
	first, _ := strconv.Atoi(os.Getenv("RONDO_TEST_ROUND"))
	for i := first; i < first+states; i++ {
		fmt.Println("WRITE", i)
		if err := lay(filepath.Join(dir, "data"), state(i)); err != nil {
			fmt.Println("LAY", err)
			os.Exit(3)
		}
		if s, err := o.Snapshot(ctx, "d", dataset.Take{}); err == nil {
			fmt.Println("ACK", i, s.Number)
		}
	}
	for k := range 40 {
		n := 1 + (first+k)%states
		fmt.Println("CHECKOUT", n)
		if _, err := o.Checkout(ctx, "d", n, false); err != nil {
			fmt.Println("FAILED", err)
			os.Exit(3)
		}
		o.store.PutBytes(ctx, fmt.Appendf(nil, "needed by nobody %d", k))
		if _, err := o.Collect(ctx, dataset.Collect{Grace: 1}); err != nil {
			fmt.Println("FAILED", err)
			os.Exit(3)
		}
	}
}

// dieAt kills the program at the point, one of the first times that it comes there.
func dieAt(point string) {
	often, err := strconv.Atoi(os.Getenv("RONDO_TEST_CRASH_WITHIN"))
	if err != nil {
		often = 3
	}
	var left atomic.Int64 // several may come there at once
	left.Store(rand.Int64N(int64(often)))
	fault.Hook(func(p string) {
		if p == point && left.Add(-1) < 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
}

func rounds(def int) int {
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		return n
	}
	return def
}

// TestKilledAtAnyMoment kills the program at every named point and at random moments.
// After each: what was answered is there, whole; nothing is damaged; and doing again
// what was being done ends it, without force.
func TestKilledAtAnyMoment(t *testing.T) { killRounds(t, rounds(30), crashPoints) }

func killRounds(t *testing.T, n int, points []string) {
	t.Helper()
	killed := 0
	for round := range n {
		dir := newProject(t)
		point := ""
		if round%2 == 0 {
			point = points[(round/2)%len(points)]
		}
		out, err := runChild(t, dir, "RONDO_TEST_CRASH_AT="+point, fmt.Sprint("RONDO_TEST_ROUND=", round%5))
		if strings.Contains(out, "FAILED") || strings.Contains(out, "OPEN") {
			t.Fatalf("round %d at %q: %s", round, point, out)
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			killed++
		}
		boot := []string{"one", "two"}[round%2] // only the program ended, or the machine did, too
		afterCrash(t, dir, boot, out, fmt.Sprintf("round %d at %q, then boot %s", round, point, boot))
	}
	if killed < n*2/3 {
		t.Fatalf("only %d rounds ended by a kill", killed)
	}
}

func newProject(t *testing.T) string {
	t.Helper()
	dir := project(t)
	_, err := rondo.Init(dir, "crash")
	must(t, err)
	return dir
}

func runChild(t *testing.T, dir string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "RONDO_TEST_CRASH_DIR="+dir), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	must(t, cmd.Start())
	if after, ok := strings.CutPrefix(env[0], "RONDO_TEST_CRASH_AFTER="); ok {
		wait, err := time.ParseDuration(after)
		must(t, err)
		timer := time.AfterFunc(wait, func() { cmd.Process.Kill() })
		defer timer.Stop()
	}
	if env[0] == "RONDO_TEST_CRASH_AT=" {
		timer := time.AfterFunc(time.Duration(20+rand.IntN(150))*time.Millisecond, func() { cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	return out.String(), err
}

func afterCrash(t *testing.T, dir, boot, out, when string) {
	t.Helper()
	ctx := t.Context()
	o, err := openIn(dir, boot)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer o.ledger.Close()
	defer o.Close()
	what, arg, content := "", 0, map[int]int{}
	for line := range strings.Lines(out) {
		var word string
		var a, b int
		fmt.Sscan(line, &word, &a, &b)
		if word == "ACK" {
			content[b] = a
		} else {
			what, arg = word, a
		}
	}
	for n := range content {
		if v, err := o.Verify(ctx, "d", n); err != nil || !v.OK {
			t.Fatalf("%s: snapshot %d was answered and is %+v, %v", when, n, v.Problems, err)
		}
	}
	finish(t, o, dir, what, arg, content, when)
	o.Service.Close()
	o.ledger.Close()
	r, err := fsck.Check(ctx, dir, fsck.Options{})
	if err != nil || !r.OK {
		t.Fatalf("%s: fsck says %+v, %v", when, r.Problems, err)
	}
	if left := stagings(dir); len(left) > 0 {
		t.Errorf("%s: left behind: %v", when, left)
	}
	if left := notes(t, dir); len(left) > 0 {
		t.Errorf("%s: these notes are left: %v", when, left)
	}
}

// stagings are what lies in Rondo's own folder, but for halves of single files: they go when they are old.
func stagings(dir string) []string {
	list, _ := filepath.Glob(filepath.Join(dir, ".rondo/tmp/*"))
	return slices.DeleteFunc(list, func(at string) bool { return atomicfile.IsTemporary(filepath.Base(at)) })
}

// finish does again what the program was doing when it was killed.
func finish(t *testing.T, o opened, dir, what string, arg int, content map[int]int, when string) {
	t.Helper()
	ctx, data := t.Context(), filepath.Join(dir, "data")
	switch what {
	case "WRITE":
		must(t, lay(data, state(arg)))
		if _, err := o.Add(ctx, "d", "data", ""); err != nil && !errs.Is(err, errs.Conflict) {
			t.Fatalf("%s: %v", when, err)
		}
		if _, err := o.Snapshot(ctx, "d", dataset.Take{}); err != nil {
			t.Fatalf("%s: the snapshot again: %v", when, err)
		}
		if st, err := o.Status(ctx, "d"); err != nil || st.State != dataset.Clean {
			t.Fatalf("%s: after the snapshot: %+v %v", when, st, err)
		}
	case "CHECKOUT":
		if _, err := o.Checkout(ctx, "d", arg, false); err != nil {
			t.Fatalf("%s: the checkout again: %v", when, err)
		}
		want := t.TempDir()
		must(t, lay(want, state(content[arg])))
		if got := files(t, data); fmt.Sprint(got) != fmt.Sprint(files(t, want)) {
			t.Fatalf("%s: version %d is %.300v", when, arg, got)
		}
	}
}

// runOutOfSpace takes a snapshot while no file may grow past a limit, as on a full disk.
func runOutOfSpace(o opened, dir string, limit uint64) {
	ctx := context.Background()
	o.Add(ctx, "d", "data", "")
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		fmt.Println("LIMIT", err)
		os.Exit(3)
	}
	_, err := o.Snapshot(ctx, "d", dataset.Take{})
	fmt.Println("KIND", errs.KindOf(err), err)
}

// writeNothing takes a snapshot of a project in which nobody may write, also not root.
func writeNothing(o opened, dir string) {
	ctx := context.Background()
	o.Add(ctx, "d", "data", "")
	filepath.WalkDir(dir, func(path string, d os.DirEntry, walk error) error {
		if walk != nil {
			return walk
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chmod(path, fi.Mode().Perm()&0o555|0o444)
	})
	if os.Getuid() == 0 {
		const nobody = 65534
		os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755) // the test's own folder, which only root may enter
		filepath.WalkDir(dir+"-device", func(path string, _ os.DirEntry, _ error) error { return os.Chown(path, nobody, nobody) })
		if err := syscall.Setreuid(nobody, nobody); err != nil {
			fmt.Println("SETUID", err)
			os.Exit(3)
		}
	}
	_, err := o.Snapshot(ctx, "d", dataset.Take{})
	fmt.Println("KIND", errs.KindOf(err), err)
}

func TestReadOnlyFolder(t *testing.T) {
	dir := newProject(t)
	must(t, lay(filepath.Join(dir, "data"), map[string]string{"a.txt": "a"}))
	t.Cleanup(func() {
		filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return os.Chmod(path, 0o755) })
	})
	out, err := runChild(t, dir, "RONDO_TEST_READ_ONLY=1")
	if err != nil || !strings.HasPrefix(out, "KIND unavailable") || !strings.Contains(out, "cannot be written") {
		t.Fatalf("%v %s", err, out)
	}
	r, err := fsck.Check(t.Context(), dir, fsck.Options{})
	if err != nil || !r.OK {
		t.Fatalf("%+v %v", r, err)
	}
}

// TestFullDisk lets every file end at some size: the snapshot fails as a whole, says so,
// and works once there is space.
func TestFullDisk(t *testing.T) {
	for _, limit := range []int{100, 2000, 200_000} {
		dir := newProject(t)
		files := state(1)
		files["noise.bin"] = noise(500_000)
		must(t, lay(filepath.Join(dir, "data"), files))
		out, err := runChild(t, dir, fmt.Sprint("RONDO_TEST_FILE_LIMIT=", limit))
		if err != nil || !strings.HasPrefix(out, "KIND unavailable") {
			t.Fatalf("limit %d: %v %s", limit, err, out)
		}
		afterCrash(t, dir, "one", "", fmt.Sprint("limit ", limit))
		o, err := openAt(dir)
		must(t, err)
		_, err = o.Snapshot(t.Context(), "d", dataset.Take{})
		must(t, err)
		v, err := o.Verify(t.Context(), "d", 0)
		if err != nil || !v.OK || v.Files != len(files) {
			t.Fatalf("limit %d: afterwards %+v %v", limit, v, err)
		}
		o.Service.Close()
		o.ledger.Close()
	}
}
