package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// olderPipeline is as people wrote them for DVC 2: anchors in params, a foreach, vars of a file, a list of
// commands, text with the line ends of Windows, keys that have no meaning any more.
var olderPipeline = map[string]string{
	"params.yaml":     "base: &b {lr: 0.10, n: 012}\ntrain: {<<: *b, epochs: 1e1, on: yes}\nmodels: [rf, lr]\nsplit: {ratio: .2, seed: 20170428}\n",
	"conf/model.json": `{"depth": 3, "names": ["a", null, true]}`,
	"data/raw.csv":    "id,x\r\n1,2\r\n", "data/bin": "a\x00b\r\n", "src/prep.sh": "a\r\n",
	"dvc.yaml": `vars:
- conf/model.json
- pre: out
stages:
  prepare:
    cmd: mkdir -p ${pre}/prepared && cat data/raw.csv > ${pre}/prepared/train.csv
    deps: [data/raw.csv, src/prep.sh]
    params: [split.ratio, split.seed]
    outs:
    - out/prepared: {desc: what is prepared, labels: [a], type: csv}
    meta: {owner: ann}
  train:
    foreach: ${models}
    do:
      cmd: echo ${item} ${train.lr} ${train.on} ${depth} > model.${item}.txt
      deps: [out/prepared]
      params:
      - train.lr
      - conf/model.json:
      outs:
      - model.${item}.txt: {persist: true, checkpoint: false}
  evaluate:
    cmd:
    - echo '{"auc":0.5,"n":12}' > scores.json
    - printf 'x,y\r\n1,2\r\n' > prc.csv
    deps: [model.rf.txt, model.lr.txt]
    metrics:
    - scores.json: {cache: false}
    plots:
    - prc.csv: {cache: false, x: x, y: y, template: linear}
  copied:
    cmd: cat data/bin > b2
    deps: [data/bin]
    outs: [b2]
metrics: [scores.json]
params: [params.yaml]
`,
}

// olderProject is such a pipeline in a project that a dvc has begun.
func olderProject(t *testing.T, program string) *world {
	t.Helper()
	w := newPipelineOfDVC(t)
	for name := range pipelineOfDVC {
		if err := os.RemoveAll(filepath.Join(w.dir, strings.Split(name, "/")[0])); err != nil {
			t.Fatal(err)
		}
	}
	w.env = append(w.env, "DVC_NO_ANALYTICS=1", "DVC_SITE_CACHE_DIR="+w.home)
	writeAll(t, w.dir, olderPipeline)
	w.byDVC(program, "init", "-q")
	w.byDVC(program, "add", "-q", "data/bin")
	return w
}

func (w *world) byDVC(program string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("dvc %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// recorded is dvc.lock, without the order of its stages, which in DVC 2 is that of Python's hashes, and the names
// in the cache.
func (w *world) recorded() (lock map[string]any, cached []string) {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, "dvc.lock"))
	if err == nil {
		err = yaml.Unmarshal(b, &lock)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Join(w.dir, ".dvc/cache"), func(at string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			cached = append(cached, strings.TrimPrefix(at, w.dir))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return lock, cached
}

// TestPipelinesOfDVC2RunTheSame: by dvc 3, and by the one of the second line that $DVC2 names, and by Rondo, and then
// after a change by each on what the other has left.
func TestPipelinesOfDVC2RunTheSame(t *testing.T) {
	three, err := filepath.Abs("../../.venv/bin/dvc")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{three, os.Getenv("DVC2")} {
		if _, err := os.Stat(program); err != nil {
			t.Logf("there is no %q to compare with", program)
			continue
		}
		theirs, ours := olderProject(t, program), olderProject(t, program)
		ours.ok("trust", "--yes")
		theirs.byDVC(program, "repro", "-q")
		ours.ok("repro")
		same := func(when string) {
			t.Helper()
			lock, cached := ours.recorded()
			wantLock, wantCached := theirs.recorded()
			if !reflect.DeepEqual(lock, wantLock) || !reflect.DeepEqual(cached, wantCached) {
				t.Errorf("%s, %s: rondo\n%v\n%v\ndvc\n%v\n%v", program, when, lock, cached, wantLock, wantCached)
			}
			for _, w := range []*world{ours, theirs} {
				if said := w.byDVC(program, "status"); !strings.Contains(said, "up to date") {
					t.Errorf("%s, %s: dvc status\n%s", program, when, said)
				}
				if said := w.ok("status"); !strings.Contains(said, "up to date") {
					t.Errorf("%s, %s: rondo status\n%s", program, when, said)
				}
			}
		}
		same("at first")
		for _, w := range []*world{ours, theirs} {
			writeAll(t, w.dir, map[string]string{"params.yaml": strings.Replace(olderPipeline["params.yaml"], "20170428", "7", 1), "data/raw.csv": "id,x\n1,2\n2,3\n"})
		}
		theirs.ok("trust", "--yes")
		theirs.ok("repro")
		ours.byDVC(program, "repro", "-q")
		same("after a change")
	}
}
