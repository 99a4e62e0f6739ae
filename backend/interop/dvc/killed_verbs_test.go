//go:build linux

package dvc_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/past"
	"rondo/backend/pipeline"
)

// killed is a verb that is killed: in which world, what it does, what dvc calls it, and its end.
type killed struct {
	begin func(t *testing.T, p *dvc.Project)
	do    func(p *dvc.Project) error
	dvc   []string // the same; none where dvc's end is another
	done  func(t *testing.T, p *dvc.Project, when string)
}

var killedVerbs = map[string]killed{
	"add":    {begin: func(*testing.T, *dvc.Project) {}, do: addBoth, dvc: []string{"add", "data", "a.csv"}, done: comesBack(1)},
	"commit": {begin: addedTwice, do: func(p *dvc.Project) error { return p.CommitAll(context.Background()) }, dvc: []string{"commit", "-f"}, done: comesBack(2)},
	"checkout": {begin: keptTwice, do: func(p *dvc.Project) error {
		_, err := p.Checkout(context.Background(), dvc.Checkout{})
		return err
	}, dvc: []string{"checkout"}, done: lies(1)},
	"gc": {begin: keptTwice, do: collect, dvc: []string{"gc", "-w", "-f"}, done: func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		if c, err := p.Collect(t.Context(), dvc.Collect{}); err != nil || c.Removed > 0 {
			t.Fatalf("%s: %+v is left, %v", when, c, err)
		}
		comesBack(1)(t, p, when)
	}},
	"push": {begin: added, do: push, dvc: []string{"push"}, done: func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		loseCache(t, p)
		if err := pull(opens(t, p.Dir, when)); err != nil {
			t.Fatalf("%s: what was pushed does not come: %v", when, err)
		}
		comesBack(1)(t, opens(t, p.Dir, when), when)
	}},
	"pull": {begin: func(t *testing.T, p *dvc.Project) {
		t.Helper()
		added(t, p)
		ok(t, push(p))
		loseCache(t, p)
	}, do: pull, dvc: []string{"pull"}, done: comesBack(1)},
	"remove": {begin: added, do: func(p *dvc.Project) error {
		if _, err := os.Stat(filepath.Join(p.Dir, "data.dvc")); err != nil {
			return nil // nobody says that again
		}
		return p.Remove(context.Background(), "data.dvc", true)
	}, done: func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		if _, err := os.Stat(filepath.Join(p.Dir, "data.dvc")); err == nil {
			t.Fatalf("%s: data.dvc is left", when)
		}
	}},
	"exp run": {begin: inGit, do: runExp, done: func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		list, err := past.Experiments(t.Context(), p)
		if err != nil || len(list) != 1 || list[0].Problem != "" || list[0].Params["n"] != "2" {
			t.Fatalf("%s: %+v, %v", when, list, err)
		}
		if b, err := os.ReadFile(filepath.Join(p.Dir, "params.yaml")); err != nil || string(b) != "n: 2 # a number\n" {
			t.Fatalf("%s: params.yaml is %q, %v", when, b, err)
		}
		if got := gitSaid(t, p.Dir, "show", "refs/exps/"+list[0].Baseline[:2]+"/"+list[0].Baseline[2:]+"/x:score.txt"); got != "2\n" {
			t.Fatalf("%s: it has %q", when, got)
		}
		gitSaid(t, p.Dir, "fsck", "--strict")
	}},
	"repro": {begin: func(t *testing.T, p *dvc.Project) {
		t.Helper()
		added(t, p)
		ok(t, os.WriteFile(filepath.Join(p.Dir, "dvc.yaml"), []byte(killedStages), 0o644))
	}, do: reproBoth, dvc: []string{"repro"}, done: func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		if st, err := p.Status(t.Context()); err != nil || len(st) > 0 {
			t.Fatalf("%s: %+v, %v", when, st, err)
		}
		if b, err := os.ReadFile(filepath.Join(p.Dir, "last.csv")); err != nil || string(b) != "1\n2\n3\n" {
			t.Fatalf("%s: last.csv is %q, %v", when, b, err)
		}
		comesBack(1)(t, p, when)
	}},
}

const killedStages = `stages:
  sort:
    cmd: sort a.csv > sorted.csv && mkdir -p parts && cp sorted.csv parts/one && cp a.csv parts/two
    deps: [a.csv]
    outs: [sorted.csv, parts]
  last:
    cmd: cp sorted.csv last.csv
    deps: [sorted.csv, parts]
    outs: [last.csv]
`

const killedExp = `stages:
  train:
    cmd: sort a.csv > sorted.csv && cut -d" " -f2 params.yaml > score.txt
    deps: [a.csv]
    params: [n]
    outs: [sorted.csv]
    metrics: [score.txt: {cache: false}]
`

// inGit is a project whose data is tracked and whose files are committed.
func inGit(t *testing.T, p *dvc.Project) {
	t.Helper()
	for name, text := range map[string]string{".dvc/config": "", ".dvc/.gitignore": "/tmp\n/cache\n", "params.yaml": "n: 1 # a number\n", "dvc.yaml": killedExp} {
		ok(t, os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o644))
	}
	gitSaid(t, p.Dir, "init", "-q", "-b", "main")
	gitSaid(t, p.Dir, "config", "user.name", "a")
	gitSaid(t, p.Dir, "config", "user.email", "a@b")
	q := opens(t, p.Dir, "at first")
	defer q.Close()
	ok(t, addBoth(q))
	gitSaid(t, p.Dir, "add", "-A")
	gitSaid(t, p.Dir, "commit", "-q", "-m", "base")
}

func runExp(p *dvc.Project) error {
	_, err := expRun{Experiment: pipeline.Experiment{Name: "x", Set: []string{"n=2"}}, force: true}.carryOut(p)
	return err
}

// begin makes the world of a verb: a project and, beside it, its remote.
func begin(t *testing.T, world string, verb killed) {
	t.Helper()
	dir := filepath.Join(world, "project")
	all := map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n    remote = disk\n['remote \"disk\"']\n    url = ../../disk\n", "a.csv": "3\n1\n2\n",
	}
	for i := range 12 {
		all[fmt.Sprintf("data/%d/f.txt", i)] = content(i, 1)
	}
	ok(t, os.CopyFS(dir, os.DirFS(folder(t, all))))
	ok(t, os.MkdirAll(filepath.Join(world, "disk"), 0o755))
	p := opens(t, dir, "at first")
	defer p.Close()
	verb.begin(t, p)
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func content(file, version int) string {
	if file > 8 {
		version = 1 // some are the same in both
	}
	return strings.Repeat(fmt.Sprintf("%d in version %d\n", file, version), 1+file*file*100)
}

func addBoth(p *dvc.Project) error { return p.Add(context.Background(), "data", "a.csv") }

func collect(p *dvc.Project) error {
	_, err := p.Collect(context.Background(), dvc.Collect{})
	return err
}

func added(t *testing.T, p *dvc.Project) {
	t.Helper()
	ok(t, addBoth(p))
	ok(t, p.Reload())
}

// addedTwice leaves work that is not kept.
func addedTwice(t *testing.T, p *dvc.Project) {
	t.Helper()
	added(t, p)
	for i := range 12 {
		ok(t, os.WriteFile(filepath.Join(p.Dir, fmt.Sprintf("data/%d/f.txt", i)), []byte(content(i, 2)), 0o644))
	}
}

// keptTwice has two versions in the cache, the second in the folder, and the first in data.dvc.
func keptTwice(t *testing.T, p *dvc.Project) {
	t.Helper()
	added(t, p)
	at := filepath.Join(p.Dir, "data.dvc")
	first, err := os.ReadFile(at)
	ok(t, err)
	addedTwice(t, p)
	ok(t, p.CommitAll(t.Context()))
	ok(t, os.WriteFile(at, first, 0o644))
}

func loseCache(t *testing.T, p *dvc.Project) {
	t.Helper()
	for _, name := range []string{".dvc/cache", ".dvc/tmp", "data", "a.csv"} {
		ok(t, os.RemoveAll(filepath.Join(p.Dir, name)))
	}
}

// lies wants a version of the data in the folder.
func lies(version int) func(t *testing.T, p *dvc.Project, when string) {
	return func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		for i := range 12 {
			if b, err := os.ReadFile(filepath.Join(p.Dir, fmt.Sprintf("data/%d/f.txt", i))); err != nil || string(b) != content(i, version) {
				t.Fatalf("%s: file %d is %.60q, %v", when, i, b, err)
			}
		}
	}
}

// comesBack wants all that is tracked to come from the cache, in that version.
func comesBack(version int) func(t *testing.T, p *dvc.Project, when string) {
	return func(t *testing.T, p *dvc.Project, when string) {
		t.Helper()
		ok(t, os.RemoveAll(filepath.Join(p.Dir, "data")))
		ok(t, os.Remove(filepath.Join(p.Dir, "a.csv")))
		again := opens(t, p.Dir, when)
		defer again.Close()
		if _, err := again.Checkout(t.Context(), dvc.Checkout{}); err != nil {
			t.Fatalf("%s: what is tracked does not come back: %v", when, err)
		}
		lies(version)(t, again, when)
		if b, err := os.ReadFile(filepath.Join(p.Dir, "a.csv")); err != nil || string(b) != "3\n1\n2\n" {
			t.Fatalf("%s: a.csv is %q, %v", when, b, err)
		}
	}
}

// reproBoth runs the pipeline as the runner does it. What it starts ends with this program.
func reproBoth(p *dvc.Project) error {
	books, err := dvc.OpenBooks(p.Dir, nil)
	if err != nil {
		return err
	}
	defer books.Close()
	for _, stage := range []string{"sort", "last"} {
		_, err := books.Update(context.Background(), stage, pipeline.Work{Say: func(string, ...any) {}, Run: func(argv, env []string) error {
			cmd := exec.Command(argv[0], argv[1:]...)
			cmd.Dir, cmd.Env, cmd.SysProcAttr = p.Dir, append(os.Environ(), env...), &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			return cmd.Run()
		}})
		if err != nil {
			return fmt.Errorf("%s: %w", stage, err)
		}
	}
	return nil
}
