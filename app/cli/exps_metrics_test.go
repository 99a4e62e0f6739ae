package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestMetricsThatOnlyTheCacheHas beside dvc: a dvc.yaml names at its top a file, a folder and a file in one, all of them
// outs that git does not have.
func TestMetricsThatOnlyTheCacheHas(t *testing.T) {
	w := newPipelineOfDVC(t)
	w.env = append(w.env, "GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=a@b")
	if err := os.RemoveAll(filepath.Join(w.dir, "sub")); err != nil {
		t.Fatal(err)
	}
	writeAll(t, w.dir, map[string]string{
		"dvc.yaml": "metrics: [m.json, many, in/x.json]\n", ".gitignore": "/m.json\n/many\n/in\n.rondo\n",
		"m.json": `{"score": 3}`, "many/one.json": `{"one": 4}`, "in/x.json": `{"inner": 5}`,
	})
	w.ok("data", "add", "m.json", "many", "in")
	w.commitAll("add", "-A")
	writeAll(t, w.dir, map[string]string{"params.yaml": "lr: 9\n"})
	w.ok("exps", "save", "--name", "owl")
	for _, name := range []string{"m.json", "many", "in"} {
		if err := os.RemoveAll(filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	var list []struct{ Metrics map[string]float64 }
	if err := json.Unmarshal([]byte(w.ok("exps", "--json")), &list); err != nil || len(list) != 1 {
		t.Fatal(err, list)
	}
	if want := map[string]float64{"score": 3, "one": 4, "inner": 5}; !reflect.DeepEqual(list[0].Metrics, want) {
		t.Errorf("rondo shows %v", list[0].Metrics)
	}
	cmd := commandOfDVC(t, w, "exp", "show", "-A", "--json")
	if cmd == nil {
		t.Skip("skipped: there is no dvc to compare with")
	}
	said, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Experiments []struct {
			Revs []struct {
				Data struct {
					Metrics map[string]struct{ Data map[string]float64 }
				}
			}
		}
	}
	if err := json.Unmarshal(said, &all); err != nil {
		t.Fatal(err, string(said))
	}
	there := map[string]float64{}
	for _, base := range all {
		for _, e := range base.Experiments {
			for _, file := range e.Revs[0].Data.Metrics {
				for key, v := range file.Data {
					there[key] = v
				}
			}
		}
	}
	if !reflect.DeepEqual(list[0].Metrics, there) {
		t.Errorf("rondo %v\ndvc   %v", list[0].Metrics, there)
	}
}
