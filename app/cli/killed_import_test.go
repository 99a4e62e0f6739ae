//go:build linux

package cli_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/app/client"
	"rondo/backend/atomicfile"
)

// TestAKilledImportEndsAsIfNobodyHadBeenKilled kills who imports a DVC project with its past, the
// server that is asked for it, or both, at moments at random.
func TestAKilledImportEndsAsIfNobodyHadBeenKilled(t *testing.T) {
	rounds := 4
	if n, err := strconv.Atoi(os.Getenv("RONDO_TORTURE")); err == nil {
		rounds = n
	}
	from := dvcPast(t)
	first := copiedImport(t, from)
	began := time.Now()
	first.ok("import", "dvc")
	span, want, hit := time.Since(began), first.brought("at first"), 0
	first.end()
	for round := range rounds {
		w := copiedImport(t, from)
		when := fmt.Sprintf("round %d, %s", round, []string{"who imports", "the server", "both"}[round%3])
		if killed := w.cut(span, round%3 != 1, round%3 != 0); killed {
			hit++
			w.ok("import", "dvc")
		}
		if got := w.brought(when); got != want {
			t.Fatalf("%s: there is\n%s\nand not\n%s", when, got, want)
		}
		w.end()
	}
	if t.Logf("%d rounds, %d of them cut off, within %v", rounds, hit, span); rounds > 20 && hit < rounds/3 {
		t.Errorf("only %d of %d rounds were cut off", hit, rounds)
	}
}

// TestEveryOperationOfAnImportFailsOnce, of who imports and of the server: it says so or has done what
// it was to do, and what it has not, the next one does.
func TestEveryOperationOfAnImportFailsOnce(t *testing.T) {
	step := 9
	if os.Getenv("RONDO_TORTURE") != "" {
		step = 1
	}
	from := dvcPast(t)
	first := copiedImport(t, from)
	first.ok("import", "dvc")
	want := first.brought("at first")
	first.end()
	for _, who := range []string{"import", "serve"} {
		failed := 0
		for n, more := 1, true; more; n += step {
			with := []syscall.Errno{syscall.ENOSPC, syscall.EIO}[n/step%2]
			w, when := copiedImport(t, from), fmt.Sprintf("%s, %v at operation %d", who, with, n)
			r := w.failing(who, n, with).run("--json", "import", "dvc")
			if _, err := os.Stat(w.met()); err != nil {
				more = false
				w.ok("stop") // in which it has not failed yet
			}
			if r.code != 0 {
				failed++
				isForAPerson(t, r, when)
			}
			w.again(when)
			if got := w.brought(when); got != want {
				t.Fatalf("%s: there is\n%s\nand not\n%s\nthe first said %s%s", when, got, want, r.out, r.err)
			}
			w.end()
		}
		if t.Logf("%s: %d operations failed it", who, failed); failed == 0 {
			t.Errorf("%s: nothing failed", who)
		}
	}
}

// TestEveryOperationOfAMergeFailsOnce: what there was stays, and nothing half written beside it.
func TestEveryOperationOfAMergeFailsOnce(t *testing.T) {
	w := emptyWorld(t)
	lock := func(stages string) string { return "schema: rondo 1\nstages:\n" + stages }
	was, want := lock("  s1:\n    cmd: [echo, 1]\n  s2:\n    cmd: [echo, 2]\n"), ""
	w.file("base", lock("  s1:\n    cmd: [echo, 1]\n"))
	w.file("theirs", lock("  s1:\n    cmd: [echo, 1]\n  s3:\n    cmd: [echo, 3]\n"))
	args := []string{"--json", "merge-lock", "base", "rondo.lock", "theirs", "rondo.lock"}
	read := func() string {
		b, err := os.ReadFile(filepath.Join(w.dir, "rondo.lock"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	w.file("rondo.lock", was)
	w.ok(args...)
	want = read()
	failed := 0
	for n, more := 1, true; more; n++ {
		for _, with := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
			i, when := importWorld{world: w}, fmt.Sprintf("%v at operation %d", with, n)
			w.file("rondo.lock", was)
			r := i.failing("merge-lock", n, with).run(args...)
			if _, err := os.Stat(i.met()); err != nil {
				more = false
			} else if os.Remove(i.met()); r.code != 0 {
				failed++
				isForAPerson(t, r, when)
			}
			if now := read(); now != want && (r.code == 0 || now != was) {
				t.Fatalf("%s, which said %d %s, left %q", when, r.code, r.err, now)
			}
			noHalves(t, w.dir, when)
			if w.ok(args...); read() != want {
				t.Fatalf("%s: again it is %q", when, read())
			}
		}
	}
	if t.Logf("%d operations failed it", failed); failed == 0 {
		t.Error("nothing failed")
	}
}

// isForAPerson wants an error with a kind that a person can do something about.
func isForAPerson(t *testing.T, r result, when string) {
	t.Helper()
	var f struct {
		Error struct{ Kind, Message string }
	}
	lines := strings.Split(strings.TrimSpace(r.err), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &f); err != nil || f.Error.Kind == "internal" || f.Error.Kind == "invalid" || f.Error.Message == "" {
		t.Errorf("%s: %v: %s is no error for a person", when, err, r.err)
	}
}

// importWorld is a DVC project that is imported, with a home of its own.
type importWorld struct{ *world }

// dvcPast is a DVC project with what no commit has: an experiment, data that only the cache has and
// data that nobody has.
func dvcPast(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "from")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &past{t, dir}
	p.git("init", "-q", "-b", "main", "--template=")
	p.state("a\n1\n", "1", 0.5, "0.9", "0.7")
	p.git("tag", "v1.0")
	base := p.state("a\n2\n", "2", 0.75, "0.6", "0.5", "0.4")
	tried := p.state("a\n2\n", "3", 0.875, "0.3")
	p.git("update-ref", "refs/exps/"+base[:2]+"/"+base[2:]+"/brave-owl", tried)
	p.git("reset", "-q", "--hard", base)
	for _, name := range []string{"cached.csv.dvc", "gone.csv.dvc", ".dvc/cache/files/md5/40/1b30e3b8b5d629635a5c613cdb7919"} {
		writeAll(t, dir, map[string]string{name: dvcProject[name]})
	}
	return dir
}

func copiedImport(t *testing.T, from string) importWorld {
	t.Helper()
	top := t.TempDir()
	w := &world{t: t, home: filepath.Join(top, "home"), dir: filepath.Join(top, "past")}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=")
	if err := os.Mkdir(w.home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(w.dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := os.Stat(w.home); err == nil {
			w.run("stop", "--project", w.dir)
		}
	})
	return importWorld{w}
}

func (w importWorld) end() {
	w.t.Helper()
	w.run("stop") // there is none where it failed to start
	if err := os.RemoveAll(filepath.Dir(w.dir)); err != nil {
		w.t.Fatal(err)
	}
}

// again imports anew, by another server where the one that failed says so.
func (w importWorld) again(when string) {
	w.t.Helper()
	if r := w.run("import", "dvc"); r.code != 0 {
		if !strings.Contains(r.err, "start again") {
			w.t.Fatalf("%s: again: %d %s", when, r.code, r.err)
		}
		w.ok("stop")
		w.ok("import", "dvc")
	}
}

// met is there once the operation that was to fail has failed.
func (w importWorld) met() string { return filepath.Join(w.home, "met") }

// failing is the world in which one operation of one process fails.
func (w importWorld) failing(verb string, n int, with syscall.Errno) *world {
	bad := *w.world
	bad.env = append(slices.Clone(w.env), fmt.Sprintf("RONDO_TEST_FAIL=%s %d %d %s", verb, n, with, w.met()))
	return &bad
}

// cut imports, kills, and reports whether it came to no good end.
func (w importWorld) cut(span time.Duration, client, server bool) bool {
	w.t.Helper()
	cmd := w.command("import", "dvc")
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	died := make(chan struct{})
	timer := time.AfterFunc(time.Duration(rand.Int64N(int64(span))), func() {
		defer close(died)
		if client {
			cmd.Process.Kill()
		}
		if server {
			killAll(w.servers())
		}
	})
	err := cmd.Wait()
	if !timer.Stop() {
		<-died
	}
	if _, is := err.(*exec.ExitError); err != nil && !is {
		w.t.Fatal(err)
	}
	return err != nil
}

func (w importWorld) servers() (pids []int) {
	found, _ := filepath.Glob(filepath.Join(w.home, "*", "server.json"))
	for _, at := range found {
		var i client.Info
		if b, err := os.ReadFile(at); err == nil && json.Unmarshal(b, &i) == nil {
			pids = append(pids, i.Process.PID)
		}
	}
	return pids
}

// brought is what an import made: runs with their last figures, snapshots and their content, tags.
func (w importWorld) brought(when string) string {
	w.t.Helper()
	var list struct {
		Runs []struct {
			Name, Status string
			Params, Tags map[string]string
			Metrics      map[string]struct {
				Value float64
				Step  int
			}
		}
	}
	if err := json.Unmarshal([]byte(w.ok("runs", "--json")), &list); err != nil {
		w.t.Fatal(when, err)
	}
	var lines []string
	for _, r := range list.Runs {
		lines = append(lines, fmt.Sprintf("%+v", r))
	}
	for _, name := range []string{"data", "cached", "gone"} {
		var log []struct {
			Number int
			Digest string
			Tags   []string
			Origin any
		}
		if err := json.Unmarshal([]byte(w.ok("data", "log", name, "--json")), &log); err != nil {
			w.t.Fatal(when, err)
		}
		lines = append(lines, fmt.Sprintf("%s %+v", name, log))
	}
	slices.Sort(lines)
	if r := w.run("fsck"); r.code != 0 {
		w.t.Fatalf("%s: fsck: %s%s", when, r.out, r.err)
	}
	noHalves(w.t, w.dir, when)
	return strings.Join(lines, "\n")
}

// noHalves wants nothing half written among a person's files.
func noHalves(t *testing.T, dir, when string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	for _, e := range list {
		if err != nil || atomicfile.IsTemporary(e.Name()) || strings.Contains(e.Name(), "rondo-import") {
			t.Fatalf("%s: left behind: %s, %v", when, e.Name(), err)
		}
	}
}
