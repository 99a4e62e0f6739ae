//go:build linux

package dvc_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/figures"
	"rondo/backend/interop/dvc/ignore"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

const xSum = "401b30e3b8b5d629635a5c613cdb7919" // MD5 of "x\n"

// TestStatusOfOneStage is each of its words alone, and none where all is as it was.
func TestStatusOfOneStage(t *testing.T) {
	const head, locked = "stages:\n  a:\n    cmd: c\n", "schema: '2.0'\nstages:\n  a:\n    cmd: c\n"
	const deps, out = "    deps: [x]\n", "    outs:\n    - path: x\n      hash: md5\n      md5: " + xSum + "\n"
	dep := strings.Replace(out, "outs", "deps", 1)
	for what, c := range map[string]struct{ stages, lock, want string }{
		"as it was":                  {head + deps, locked + dep, ""},
		"always changed":             {head + deps + "    always_changed: true\n", locked + dep, "always"},
		"nothing that could change":  {head, locked, "always"},
		"another command":            {head + deps, strings.Replace(locked, "cmd: c", "cmd: d", 1) + dep, "command"},
		"kept by the cache":          {head + "    outs: [x]\n", locked + out, "x: not in cache"},
		"kept by git":                {head + "    outs:\n    - x:\n        cache: false\n", locked + out, ""},
		"a key with a dot":           {head + "    params:\n    - p.yaml:\n", locked + "    params:\n      p.yaml:\n        a.b: 1\n", ""},
		"a key of a file of no such": {head + "    params:\n    - p.yaml:\n", locked + "    params:\n      p.yaml:\n        a.c: 1\n", "p.yaml"},
	} {
		p := open(t, folder(t, map[string]string{".dvc/config": "", "x": "x\n", "p.yaml": "a.b: 1\n", "dvc.yaml": c.stages, "dvc.lock": c.lock}))
		list, err := p.Status(t.Context())
		var said []string
		for _, s := range list {
			if s.Always {
				said = append(said, "always")
			}
			if s.Command {
				said = append(said, "command")
			}
			for _, k := range s.Outs.Keys {
				said = append(said, fmt.Sprintf("%s: %v", k, s.Outs.Value(k)))
			}
			said = append(said, s.Deps.Keys...)
		}
		if got := strings.Join(said, " "); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", what, got, err, c.want)
		}
	}
	p := open(t, folder(t, map[string]string{".dvc/config": "", "x": "x\n", "x.dvc": "md5: " + strings.Repeat("0", 32) + "\nouts:\n- path: x\n  hash: md5\n  md5: " + xSum + "\n"}))
	if list, err := p.Status(t.Context()); err != nil || len(list) != 1 || !list[0].Checksum {
		t.Errorf("a .dvc file that was changed by hand: %+v, %v", list, err)
	}
}

// TestWhatOneSideChangedIsMerged, and what it took away is gone; of what both changed the stage is open.
func TestWhatOneSideChangedIsMerged(t *testing.T) {
	lock := func(stages string) []byte {
		text := "schema: '2.0'\nstages:\n"
		for one := range strings.FieldsSeq(stages) {
			name, cmd, _ := strings.Cut(one, "=")
			text += "  " + name + ":\n    cmd: echo " + cmd + "\n"
		}
		return []byte(text)
	}
	for what, c := range map[string]struct{ base, ours, theirs, want, open string }{
		"only ours changed":                  {"a=1 b=1", "a=2 b=1", "a=1 b=1", "a=2 b=1", ""},
		"only theirs changed":                {"a=1 b=1", "a=1 b=1", "a=2 b=1", "a=2 b=1", ""},
		"ours took away what theirs changed": {"a=1 b=1", "b=1", "a=2 b=1", "b=1", ""},
		"theirs took away what ours changed": {"a=1 b=1", "a=2 b=1", "b=1", "b=1", ""},
		"both changed it":                    {"a=1 b=1", "a=2 b=1", "a=3 b=1", "b=1", "a"},
	} {
		merged, left, err := dvc.MergeLocks("dvc.lock", lock(c.base), lock(c.ours), lock(c.theirs))
		if err != nil || string(merged) != string(lock(c.want)) || strings.Join(left, " ") != c.open {
			t.Errorf("%s: %s is open, %v\n%s", what, left, err, merged)
		}
	}
}

// TestWhatARunIsNamedBy: sizes, numbers of files and the order of outs are not in it.
func TestWhatARunIsNamedBy(t *testing.T) {
	entry := func(more ...any) string {
		return metafile.EntryHash(doc.NewMap(append([]any{"path", "a", "md5", xSum}, more...)...))
	}
	if entry() != entry("size", int64(1)) || entry() != entry("nfiles", int64(1)) || entry() == entry("isexec", true) {
		t.Errorf("%s %s %s %s", entry(), entry("size", int64(1)), entry("nfiles", int64(1)), entry("isexec", true))
	}
	key := func(outs ...string) string {
		s := metafile.LockStage{Name: "s", Cmd: "c"}
		for _, o := range outs {
			s.Outs = append(s.Outs, metafile.Entry{Path: o})
		}
		return s.RunKey()
	}
	if key("a", "b") != key("b", "a") || key("a", "b") == key("a", "c") {
		t.Errorf("%s %s %s", key("a", "b"), key("b", "a"), key("a", "c"))
	}
}

// TestTheNewestRunIsRecalled, whatever its name.
func TestTheNewestRunIsRecalled(t *testing.T) {
	for _, newest := range []string{"1", "2"} {
		c, key := cache.Cache{Dir: t.TempDir()}, strings.Repeat("a", 64)
		for _, name := range []string{"1", "2"} {
			at := filepath.Join(c.RunDir(key), name)
			ok(t, c.NoteRun(at, []byte("cmd: run "+name+"\n")))
			if name != newest {
				ok(t, os.Chtimes(at, time.Time{}, time.Now().Add(-time.Hour)))
			}
		}
		if s, found := c.RecallRun(key); !found || s.Cmd != "run "+newest {
			t.Errorf("%v, and not run %s", s.Cmd, newest)
		}
	}
}

// TestRunsThatDVCDoesNotNote are not noted: of stages that always run, that keep what they made, and whose outs
// git keeps.
func TestRunsThatDVCDoesNotNote(t *testing.T) {
	for more, want := range map[string]int{
		"    outs: [o]\n": 1,
		"    outs: [o]\n    always_changed: true\n":       0,
		"    outs:\n    - o:\n        persist: true\n":    0,
		"    outs:\n    - o:\n        cache: false\n":     0,
		"    metrics:\n    - o:\n        persist: true\n": 0,
	} {
		p := open(t, folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "x": "x\n", "dvc.yaml": "stages:\n  a:\n    cmd: cp x o\n    deps: [x]\n" + more}))
		books, err := dvc.OpenBooks(p.Dir, nil)
		ok(t, err)
		_, err = books.Update(context.Background(), "a", pipeline.Work{Say: func(string, ...any) {}, Run: func(argv, env []string) error {
			cmd := exec.Command(argv[0], argv[1:]...)
			cmd.Dir, cmd.Env = p.Dir, append(os.Environ(), env...)
			return cmd.Run()
		}})
		books.Close()
		ok(t, err)
		if notes, err := p.Cache.RunNotes(); err != nil || len(notes) != want {
			t.Errorf("%s: %v, %v", more, notes, err)
		}
	}
}

// TestStagesAreReadAsDVCReadsThem, in forms that few write.
func TestStagesAreReadAsDVCReadsThem(t *testing.T) {
	p := open(t, folder(t, map[string]string{".dvc/config": "", "dvc.yaml": `vars:
- list: [1, 2, 3]
stages:
  last:
    cmd: echo ${list[-1]}
  plain:
    cmd: echo \${list}
  each:
    foreach: [{n: 7}, {n: 8}]
    do:
      cmd: echo ${item.n}
  whole:
    cmd: "true"
    params: [{p.yaml: [a]}, {p.yaml: }]
`}))
	var got []string
	for _, s := range p.Pipelines[0].Stages {
		got = append(got, fmt.Sprint(s.Name, ": ", s.Cmd, s.Params))
	}
	want := "last: echo 3[] plain: echo ${list}[] each@0: echo 7[] each@1: echo 8[] whole: true[{p.yaml []}]"
	if strings.Join(got, " ") != want || len(p.Problems) > 0 {
		t.Errorf("%s, %v\nwant %s", got, p.Problems, want)
	}
}

// TestFilesAreWrittenAsDVCWritesThem, in the order of its own.
func TestFilesAreWrittenAsDVCWritesThem(t *testing.T) {
	one := doc.NewMap("k", int64(1))
	lock := metafile.Lock{Stages: []metafile.LockStage{{Name: "s", Cmd: "c", Params: doc.NewMap("a.yaml", one, "params.yaml", one, "z.yaml", one)}}}
	if text := string(lock.Text()); !strings.Contains(text, "params.yaml:\n        k: 1\n      a.yaml:\n        k: 1\n      z.yaml:") {
		t.Errorf("%s", text)
	}
	tree := metafile.TreeText([]metafile.TreeFile{{Path: "b", MD5: xSum}, {Path: "😀", MD5: xSum}, {Path: "a", MD5: xSum}, {Path: "￿", MD5: xSum}})
	if want := `[{"md5": "#", "relpath": "a"}, {"md5": "#", "relpath": "b"}, {"md5": "#", "relpath": "\uffff"}, {"md5": "#", "relpath": "\ud83d\ude00"}]`; string(tree) != strings.ReplaceAll(want, "#", xSum) {
		t.Errorf("%s", tree)
	}
	rules := (&ignore.Rules{}).With("", []byte("  a.txt \t\n"))
	if !rules.Match("a.txt", false) || rules.Match("  a.txt", false) {
		t.Error("what is around a rule is taken for a part of it")
	}
}

// TestFiguresWithoutAValueAreNone.
func TestFiguresWithoutAValueAreNone(t *testing.T) {
	p := open(t, folder(t, map[string]string{".dvc/config": "", "m.json": `{"a": null, "b": 1, "c": {"d": null}}`, "dvc.yaml": "metrics: [m.json]\n"}))
	if m, is := figures.Metrics(p)["m.json"].(*doc.Map); !is || strings.Join(m.Keys, " ") != "b" {
		t.Errorf("%+v", figures.Metrics(p))
	}
}

// TestWhatARemoteNeedNotHave is not missing there: what another one has, what is never pushed, and what
// lies in another repository. Of a folder whose list it lacks, the files are asked for that the cache names.
func TestWhatARemoteNeedNotHave(t *testing.T) {
	out := func(path, more string) string {
		return "outs:\n- path: " + path + "\n  hash: md5\n  md5: " + xSum + "\n" + more
	}
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = disk\n    no_scm = true\n['remote \"disk\"']\n    url = " + t.TempDir() + "\n['remote \"other\"']\n    url = " + t.TempDir() + "\n",
		"here.dvc":    out("here", ""), "there.dvc": out("there", "  remote: other\n"), "never.dvc": out("never", "  push: false\n"),
		"far.dvc": out("far", "deps:\n- path: x\n  repo:\n    url: https://example.org/x\n    rev_lock: "+strings.Repeat("a", 40)+"\n") + "frozen: true\n",
		"d/1":     "1", "d/2": "2",
	})
	ok(t, open(t, dir).Add(t.Context(), "d"))
	for remote, want := range map[string]string{"": "d d/1 d/2 here", "disk": "d d/1 d/2 here", "other": "d d/1 d/2 here there"} {
		v, err := open(t, dir).VerifyFar(t.Context(), dvc.Exchange{Remote: remote})
		paths := map[string]bool{}
		for _, m := range v.Missing {
			for _, at := range m.Paths {
				paths[at] = true
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(paths)), " "); err != nil || got != want || len(v.Damaged) > 0 {
			t.Errorf("of the remote %q are missing %s, %v; want %s", remote, got, err, want)
		}
	}
}
