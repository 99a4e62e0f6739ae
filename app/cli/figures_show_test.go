package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestMetricsOfManyRevisions beside dvc, from the top and from a folder: which revisions, which files, what they say, and
// which cannot be read. Params are told from where one is, too.
func TestMetricsOfManyRevisions(t *testing.T) {
	w := newPipelineOfDVC(t)
	if err := os.RemoveAll(filepath.Join(w.dir, "sub")); err != nil {
		t.Fatal(err)
	}
	writeAll(t, w.dir, map[string]string{
		"dvc.yaml": "metrics: [m.json, sub/n.json, gone.json]\nparams: [sub/p.yaml]\n", "m.json": `{"a": 1}`, "sub/n.json": `{"b": 2}`, "sub/p.yaml": "x: 1\n", "params.yaml": "lr: 1\n",
	})
	commit := func(tag string) {
		gitSays(t, w.dir, "add", "-A")
		gitSays(t, w.dir, "-c", "user.name=Ann", "-c", "user.email=a@b", "commit", "-q", "-m", tag)
		gitSays(t, w.dir, "tag", tag)
	}
	commit("t1")
	gitSays(t, w.dir, "branch", "old")
	writeAll(t, w.dir, map[string]string{"m.json": `{"a": 2}`})
	commit("t2")
	gitSays(t, w.dir, "tag", "t2b")
	writeAll(t, w.dir, map[string]string{"m.json": "{", "sub/p.yaml": "x: 2\n", "params.yaml": "lr: 2\n"})
	top := w.dir
	for _, dir := range []string{top, filepath.Join(top, "sub")} {
		w.dir = dir
		for _, flag := range []string{"", "--all-branches", "--all-tags", "--all-commits"} {
			args := strings.Fields("metrics show --json " + flag)
			said, asked := askDVC(t, w, args...)
			if !asked {
				t.Skip("skipped: there is no dvc to compare with")
			}
			if here, there := metricsSaid(t, w.ok(args...)), metricsSaid(t, said[strings.Index(said, "{"):]); !reflect.DeepEqual(here, there) {
				t.Errorf("%v in %s\nrondo %v\ndvc   %v", args, dir, here, there)
			}
		}
		said, _ := askDVC(t, w, "params", "diff", "--json")
		if got := w.ok("params", "diff", "--json"); !sameJSON(t, got, said) {
			t.Errorf("in %s\nrondo %s\ndvc   %s", dir, got, said)
		}
	}
	if said := w.ok("metrics", "show", "--all-tags"); !strings.Contains(strings.Join(strings.Fields(said), " "), "t2,t2b ../m.json a 2") {
		t.Errorf("%s", said)
	}
	if r := w.run("metrics", "show", "main", "--all-tags"); r.code != 2 {
		t.Errorf("a name and a flag: %d %s", r.code, r.err)
	}
}

// metricsSaid is what each file of each revision says; "error" where it cannot be read.
func metricsSaid(t *testing.T, text string) map[string]map[string]any {
	t.Helper()
	var all map[string]struct {
		Data map[string]struct {
			Data  any
			Error map[string]string
		}
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err, text)
	}
	out := map[string]map[string]any{}
	for rev, of := range all {
		files := map[string]any{}
		for at, f := range of.Data {
			if files[at] = f.Data; f.Error["msg"] != "" && f.Error["type"] != "" {
				files[at] = "error"
			}
		}
		if rev == "" {
			rev = "workspace" // dvc has no name for it where nothing else is asked for
		}
		out[rev] = files
	}
	return out
}
