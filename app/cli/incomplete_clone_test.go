package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// incomplete makes the world's folder a clone of what it is, made with these flags.
func (w *world) incomplete(flags ...string) (from string) {
	w.t.Helper()
	from, w.dir = w.dir, filepath.Join(w.t.TempDir(), "clone")
	gitSays(w.t, from, "config", "uploadpack.allowFilter", "true")
	gitSays(w.t, from, append(append([]string{"clone", "-q"}, flags...), "file://"+from, w.dir)...)
	gitSays(w.t, w.dir, "config", "gc.auto", "0") // --refetch has git repack, beside what reads
	return from
}

// newCloneWithoutFiles has four commits and an experiment, and all files of the last commit only. The
// third has the dvc.yaml of the last, and the experiment, too.
func newCloneWithoutFiles(t *testing.T) *world {
	t.Helper()
	w := newPipelineOfDVC(t)
	w.env = append(w.env, "GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=a@b")
	if err := os.RemoveAll(filepath.Join(w.dir, "sub")); err != nil {
		t.Fatal(err)
	}
	for n, of := range []string{"[m.json, gone.json]", "[m.json, lost.json]", "[m.json]", "[m.json]"} {
		tag := string(rune('1' + n))
		writeAll(t, w.dir, map[string]string{"dvc.yaml": "metrics: " + of + "\nplots: [p.csv]\n", "m.json": `{"a": ` + tag + `}`, "p.csv": "x\n" + tag + "\n"})
		w.commitAll("add", "-A")
		gitSays(t, w.dir, "tag", "t"+tag)
	}
	writeAll(t, w.dir, map[string]string{"m.json": `{"a": 5}`})
	w.ok("exps", "save", "--name", "owl")
	w.incomplete("--filter=blob:none")
	gitSays(t, w.dir, "fetch", "-q", "origin", "refs/exps/*:refs/exps/*")
	return w
}

// TestACloneWithoutFilesShowsWhatItHas: of many revisions those that are here are told, how many are not is said once, with
// the way out; and that way brings them.
func TestACloneWithoutFilesShowsWhatItHas(t *testing.T) {
	w := newCloneWithoutFiles(t)
	const way = "git fetch --refetch --no-filter"
	saysOnce := func(said, what string) {
		t.Helper()
		if strings.Count(said, "rondo: left out") != 1 || !strings.Contains(said, what) || !strings.Contains(said, way) {
			t.Errorf("it says %s", said)
		}
	}
	r := w.run("metrics", "show", "--all-commits")
	if r.code != 0 || strings.Count(r.out, "m.json") != 2 {
		t.Errorf("%d\n%s", r.code, r.out)
	}
	saysOnce(r.err, "3 of 5 revisions")
	r = w.run("metrics", "show", "--all-tags", "--json")
	saysOnce(r.err, "3 of 5 revisions")
	if said := metricsSaid(t, r.out); len(said) != 5 || !reflect.DeepEqual(said["t4"], map[string]any{"m.json": map[string]any{"a": 4.}}) || said["t3"]["m.json"] != "error" || len(said["t1"]) != 0 {
		t.Errorf("%v", said)
	}
	r = w.run("exps")
	if r.code != 0 || !strings.Contains(r.out, "owl") {
		t.Errorf("%d\n%s", r.code, r.out)
	}
	saysOnce(r.err, "1 of 1 experiment")
	if r := w.run("plots", "diff", "t1", "t4", "--out", "page"); r.code != 0 || !strings.Contains(r.err, "t1: ") || !strings.Contains(r.err, way) {
		t.Errorf("%d\n%s%s", r.code, r.out, r.err)
	}
	if r := w.run("metrics", "show", "t1", "t2"); r.code == 0 || !strings.Contains(r.err, way) {
		t.Errorf("of what is not here at all: %d\n%s%s", r.code, r.out, r.err)
	}
	gitSays(t, w.dir, "fetch", "-q", "--refetch", "--no-filter")
	gitSays(t, w.dir, "fetch", "-q", "--refetch", "--no-filter", "origin", "refs/exps/*:refs/exps/*")
	if r := w.run("metrics", "show", "--all-commits"); r.code != 0 || strings.Count(r.out, " m.json") != 5 || strings.Contains(r.err, way) {
		t.Errorf("%d\n%s%s", r.code, r.out, r.err)
	}
	if r := w.run("exps"); r.code != 0 || r.err != "" || !strings.Contains(r.out, "a=5") {
		t.Errorf("%d\n%s%s", r.code, r.out, r.err)
	}
}

type pastSaid struct {
	History struct {
		Runs, There int
		Left        []string
	}
}

func (w *world) importsPast() (got pastSaid) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(w.ok("import", "dvc", "--json")), &got); err != nil {
		w.t.Fatal(err)
	}
	return got
}

// clonedPast is a clone of a DVC project with two outcomes before the one that is checked out. Its cache
// has the data of all.
func clonedPast(t *testing.T, flags ...string) *world {
	t.Helper()
	w := newDVCWorld(t)
	w.dir = t.TempDir()
	p := &past{t, w.dir}
	p.git("init", "-q", "-b", "main")
	p.state("a\n1\n", "1", 0.5, "0.9")
	p.state("a\n2\n", "2", 0.75, "0.8")
	p.state("a\n3\n", "3", 0.875, "0.7")
	from := w.incomplete(flags...)
	if err := os.CopyFS(filepath.Join(w.dir, ".dvc/cache"), os.DirFS(filepath.Join(from, ".dvc/cache"))); err != nil {
		t.Fatal(err)
	}
	writeAll(t, w.dir, map[string]string{".dvc/config.local": "[core]\n    remote = far\n['remote \"far\"']\n    url = " + from + "/.dvc/cache\n"})
	return w
}

// TestAShallowCloneIsToldOnce, by what asks for the past, and what comes later comes over later.
func TestAShallowCloneIsToldOnce(t *testing.T) {
	w := clonedPast(t, "--depth=1")
	const way = "git fetch --unshallow"
	if r := w.run("data", "fetch"); r.code != 0 || strings.Contains(r.err, way) {
		t.Errorf("%d %s", r.code, r.err)
	}
	for _, args := range []string{"data fetch --all-commits", "data fetch --all-tags --json", "metrics show --all-commits"} {
		if r := w.run(strings.Fields(args)...); r.code != 0 || strings.Count(r.err, way) != 1 || strings.Contains(r.out, way) || args[0] == 'm' && strings.Count(r.out, "0.875") != 2 {
			t.Errorf("%s: %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	if got := w.importsPast(); got.History.Runs != 1 || len(got.History.Left) != 1 || !strings.Contains(got.History.Left[0], way) {
		t.Errorf("%+v", got)
	}
	gitSays(t, w.dir, "fetch", "-q", "--unshallow", "--tags")
	if got := w.importsPast(); got.History.Runs != 2 || got.History.There == 0 || len(got.History.Left) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestWhatACloneWithoutFilesLacksComesLater: a commit of which git does not have all files becomes no run without them.
func TestWhatACloneWithoutFilesLacksComesLater(t *testing.T) {
	w := clonedPast(t, "--filter=blob:none")
	if got := w.importsPast(); got.History.Runs != 1 || len(got.History.Left) != 1 || !strings.HasPrefix(got.History.Left[0], "2 of the commits") || !strings.Contains(got.History.Left[0], "--refetch") {
		t.Errorf("%+v", got)
	}
	gitSays(t, w.dir, "fetch", "-q", "--refetch", "--no-filter")
	if got := w.importsPast(); got.History.Runs != 2 || len(got.History.Left) != 0 {
		t.Errorf("%+v", got)
	}
	if said := w.ok("runs", "--json"); !strings.Contains(said, "0.75") || !strings.Contains(said, "train/loss") {
		t.Errorf("%s", said)
	}
}
