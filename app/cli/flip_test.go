package cli_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rondo/backend/fsck"
)

// everything is a project with all kinds of files that there are, and no server.
func everything(t *testing.T) *world {
	t.Helper()
	w := trained(t)
	w.days(0)
	run := w.mlflow("POST", "mlflow/runs/create", `{"experiment_id":"0","run_name":"logged"}`)
	id := regexp.MustCompile(`"run_id":\s*"(\w+)"`).FindStringSubmatch(run.body)[1]
	for path, body := range map[string]string{
		"mlflow/runs/log-batch": batch(id, 40), "mlflow/runs/log-metric": `{"run_id":"` + id + `","key":"k","value":1,"timestamp":1}`,
	} {
		if a := w.mlflow("POST", path, body); a.status != http.StatusOK {
			t.Fatal(a)
		}
	}
	if a := w.mlflow("PUT", "mlflow-artifacts/artifacts/0/"+id+"/artifacts/notes/a.txt", "logged from outside"); a.status != http.StatusOK {
		t.Fatal(a)
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "many"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := os.WriteFile(filepath.Join(w.dir, "many", string(rune('a'+i))), bytes.Repeat([]byte{byte(i), 7}, 200), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.ok("data", "add", "many", "--name", "many")
	w.ok("data", "snapshot", "many")
	w.ok("data", "tag", "many@1", "first")
	w.ok("run", "--name", "quick", "--", "true")
	w.eventually("quick     finished", "runs")
	w.ok("stop")
	return w
}

// kindOf is what a file of the project folder is, whatever its ids are.
func kindOf(path string) string {
	path = filepath.ToSlash(regexp.MustCompile(`[0-9a-f]{16,}|m-[0-9a-f]+|\b\d{6}\b`).ReplaceAllString(path, "*"))
	switch {
	case strings.Contains(path, "/stages/"):
		return filepath.ToSlash(filepath.Dir(path))
	case strings.HasSuffix(path, ".snap"):
		return "*.snap"
	case !strings.HasPrefix(path, ".rondo/"):
		return strings.SplitN(path, "/", 2)[0]
	}
	return path
}

// flipped are the kinds of files whose every bit counts.
var flipped = []string{
	"*.snap", ".rondo/.gitignore", ".rondo/format", ".rondo/captures/*/*.log", ".rondo/journal/*/*.log", ".rondo/objects/packs/*.pack",
	".rondo/runs/*/*.seals", ".rondo/runs/*/artifacts/notes/a.txt", ".rondo/runs/*/code.json", ".rondo/runs/*/environment.json",
	".rondo/runs/*/execution.json", ".rondo/runs/*/exit.json", ".rondo/runs/*/metrics/*.points", ".rondo/runs/*/run.json",
	".rondo/runs/*/stages", ".rondo/runs/*/state.json", ".rondo/runs/*/stderr.log", ".rondo/runs/*/stdout.log", ".rondo/runs/*/sums",
	".rondo/runs/*/system.jsonl",
}

// left are those that nothing is served from as what was written, and why.
var left = map[string]string{
	".rondo/pipeline.lock":          "it is empty; that it is held is what counts",
	".rondo/runs/*/supervisor.lock": "it is empty; that it is held is what counts",
	".rondo/runs/*/supervisor.log":  "complaints for a person, which go on",
	".git":                          "git checks what is its own",
	".gitignore":                    "a person's, to which Rondo adds lines",
	"rondo.yaml":                    "a person's",
	"params.yaml":                   "a person's",
	"rondo.lock":                    "a stage whose entry does not fit runs again; git has it",
	"data":                          "data, which status compares with its snapshot, and a line of .gitignore",
	"many":                          "data, which status compares with its snapshot",
	"work":                          "what a stage made: a stage that reads another content runs again",
	"model":                         "what a stage made; the version's files are objects",
	"plots":                         "what a stage made",
	"metrics.json":                  "what a stage made",
}

// TestAFlippedByteInAnyFileIsNamed flips bytes of one file of every kind that a project has, its
// first and last ones among them, and asks fsck. A kind that is new fails it.
func TestAFlippedByteInAnyFileIsNamed(t *testing.T) {
	w := everything(t)
	check := func() fsck.Report {
		r, err := fsck.Check(t.Context(), w.dir, fsck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(); !r.OK || r.Unsealed > 0 {
		t.Fatalf("%+v", r)
	}
	kinds := kindsIn(t, w.dir)
	for _, kind := range flipped {
		if kinds[kind] == "" {
			t.Errorf("there is no %s to flip", kind)
		}
	}
	for kind, path := range kinds {
		if _, ok := left[kind]; ok {
			continue
		}
		if !slices.Contains(flipped, kind) {
			t.Errorf("%s is of a kind that nobody has thought of: %s", path, kind)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range places(whole) {
			bent := bytes.Clone(whole)
			if bent[i] ^= 1 << (n % 8); meansTheSame(kind, whole, bent) {
				continue
			}
			if err := os.WriteFile(path, bent, 0o644); err != nil {
				t.Fatal(err)
			}
			if r := check(); !slices.ContainsFunc(r.Problems, func(p fsck.Problem) bool { return strings.HasSuffix(filepath.ToSlash(path), p.File) }) {
				t.Errorf("%s is damaged at %d of %d, bit %d, and not named", kind, i, len(whole), n%8)
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := check(); !r.OK {
		t.Errorf("%+v", r.Problems)
	}
}

// kindsIn finds a file of every kind, one that holds something where there is one.
func kindsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	kinds := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if err := os.Chmod(path, 0o644); err != nil { // objects may not be written to
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		info, err := e.Info()
		if was, ok := kinds[kindOf(rel)]; !ok || info.Size() > 0 && strings.Contains(rel, "logged") && !strings.Contains(was, "logged") || empty(was) {
			kinds[kindOf(rel)] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

func empty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0
}

// meansTheSame reports a pointer that ends without the end of its last line.
func meansTheSame(kind string, whole, bent []byte) bool {
	return kind == "*.snap" && bytes.Equal(bytes.TrimRight(whole, "\n"), bytes.TrimRight(bent, "\n"))
}

const eachByte = 300 // bytes of a file that is flipped everywhere

// places are all bytes of a small file, and of another 200 by chance with the first and the last ones.
func places(whole []byte) (list []int) {
	if len(whole) <= eachByte || os.Getenv("RONDO_TORTURE") != "" {
		for i := range whole {
			list = append(list, i)
		}
		return list
	}
	r := rand.New(rand.NewPCG(uint64(len(whole)), 1))
	for i := range 8 {
		list = append(list, i, len(whole)-1-i)
	}
	for range 200 {
		list = append(list, r.IntN(len(whole)))
	}
	return list
}
