package cli_test

import (
	"os"
	"path/filepath"
	"testing"
)

// newRunWorld is a DVC project in git whose stage takes a param on its command line.
func newRunWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir()}
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "XDG_CONFIG_HOME="+w.home, "GIT_CONFIG_GLOBAL="+os.DevNull, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=", "SHELL=/bin/sh")
	writeAll(t, w.dir, map[string]string{
		".dvc/config": "", ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", "params.yaml": "# all\nlr: 0.1 # rate\nbase: &base {depth: 3}\nnet: *base\n",
		"dvc.yaml": "stages:\n  train:\n    cmd: echo \"${lr} $DVC_EXP_NAME\" > model.txt && echo '{\"score\":1}' > m.json\n    params: [lr, net]\n    outs: [model.txt]\n    metrics: [m.json: {cache: false}]\n  last:\n    cmd: cp model.txt last.txt\n    deps: [model.txt]\n    outs: [last.txt]\n",
	})
	gitSays(t, w.dir, "init", "-q", "-b", "main")
	gitSays(t, w.dir, "config", "user.name", "ann")
	gitSays(t, w.dir, "config", "user.email", "ann@x")
	w.file(".gitignore", "/.rondo\n/.rondo-id\n")
	gitSays(t, w.dir, "add", "-A")
	gitSays(t, w.dir, "commit", "-q", "-m", "base")
	return w
}

// TestExpsRun runs experiments by the program itself: what is refused, what is kept, and that
// params in commands that were trusted need no more.
func TestExpsRun(t *testing.T) {
	w := newRunWorld(t)
	w.check([]expect{
		{"exps run", 6, []string{"not trusted", "rondo trust"}},
		{"trust --yes", 0, []string{"Allowed"}},
		{"exps run --dry -S lr=0.7", 0, []string{"train", "stale", "2 of 2 stages would run: rondo exps run"}},
		{"exps run -n a/b", 2, []string{"is no name of an experiment"}},
		{"exps run -S nope=1", 3, []string{"params.yaml has no param nope", "-S +nope=1"}},
		{"exps run -S lr=1,2", 2, []string{"several values"}},
		{"exps run -S none.json:a=1", 3, []string{"no params file none.json"}},
		{"exps run -s", 2, []string{"none is named"}},
		{"exps run -s --downstream train", 2, []string{"say one of them"}},
		{"exps run nothing", 3, []string{"nothing"}},
		{"exps --json", 0, []string{"[]"}},
		{"exps run -n first", 0, []string{"Kept as the experiment first"}},
		{"exps run -n first", 4, []string{"there is an experiment first already", "--force"}},
		{"exps run -S lr=0.7 -S net.depth=9 -n second -m why", 0, []string{"Kept as the experiment second"}},
		{"status", 0, []string{"Everything is up to date."}},
		{"exps run -s last -f -n third", 0, []string{"last   ran", "Kept as the experiment third"}},
		{"exps list", 0, []string{"first", "second", "third"}},
		{"exps list --rev nope", 3, []string{"nope"}},
		{"exps push nowhere", 3, []string{"git has no remote nowhere"}},
		{"exps pull " + w.dir + "/none", 3, []string{"no remote"}},
		{"exps push", 2, []string{"usage: rondo exps push"}},
		{"artifacts", 0, []string{"No dvc.yaml names artifacts."}},
		{"artifacts get . net", 3, []string{"no version that is registered"}},
		{"artifacts get . a..b:@", 2, []string{"no name of an artifact"}},
	})
	params, _ := os.ReadFile(filepath.Join(w.dir, "params.yaml"))
	if string(params) != "# all\nlr: 0.7 # rate\nbase: &base {depth: 3}\nnet: {depth: 9}\n" {
		t.Errorf("the params are\n%s", params)
	}
	model, _ := os.ReadFile(filepath.Join(w.dir, "model.txt"))
	if string(model) != "0.7 second\n" {
		t.Errorf("the stage was run with %q", model)
	}
	w.file("dvc.yaml", string(readFile(t, filepath.Join(w.dir, "dvc.yaml")))+"artifacts:\n  net: {path: model.txt, type: model}\n")
	gitSays(t, w.dir, "add", "-A")
	gitSays(t, w.dir, "commit", "-q", "-m", "net")
	gitSays(t, w.dir, "tag", "-a", "net@v1.0.0", "-m", "one")
	far := filepath.Join(t.TempDir(), "far.git")
	gitSays(t, w.dir, "init", "-q", "--bare", far)
	w.check([]expect{
		{"exps run -n fourth --json", 0, []string{`"state": "finished"`, `"experiment": {`, `"name": "fourth"`}},
		{"exps list --json", 0, []string{`"name": "fourth"`, `"baseline"`}},
		{"exps push " + far + " --no-cache --json", 0, []string{`"success": [`, `"fourth"`}},
		{"exps pull " + far + " --no-cache --json", 0, []string{`"up_to_date": [`, `"fourth"`}},
		{"exps remove fourth --git-remote " + far + " --json", 0, []string{`"fourth"`}},
		{"artifacts --json", 0, []string{`"is": "v1.0.0"`, `"path": "model.txt"`}},
		{"artifacts get . net --to got.txt --json", 0, []string{`"files": 1`}},
	})
	gitSays(t, w.dir, "fsck", "--strict")
}

func readFile(t *testing.T, at string) []byte {
	t.Helper()
	b, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
