package mlflow_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeNamed makes a store in which each kind has a name, tags and, where it may, an alias.
func writeNamed(t *testing.T, dir string) {
	t.Helper()
	writeStore(t, dir, 1)
	write(t, dir, "7/tags/team", "a")
	write(t, dir, "7/tags/kept", "b")
	write(t, dir, "7/"+runID(0)+"/tags/note", "a")
	write(t, dir, "7/"+runID(0)+"/tags/kept", "b")
	write(t, dir, "models/net/meta.yaml", "name: net\ncreation_timestamp: 1600000000123\nlast_updated_timestamp: 1600000000123\n")
	write(t, dir, "models/net/tags/owner", "ann")
	write(t, dir, "models/net/tags/kept", "b")
	write(t, dir, "models/net/aliases/best", "1")
	write(t, dir, "models/net/aliases/kept", "1")
	write(t, dir, "models/net/version-1/meta.yaml", "name: net\nversion: 1\nsource: runs:/"+runID(0)+"/\nrun_id: "+runID(0)+"\ncurrent_stage: None\ncreation_timestamp: 1600000000124\n")
	write(t, dir, "models/net/version-1/tags/a", "1")
	write(t, dir, "models/net/version-1/tags/kept", "b")
}

// renameAll gives everything of writeNamed another name, and takes away what is not called kept.
func renameAll(t *testing.T, dir string) {
	t.Helper()
	for name, change := range map[string][2]string{
		"7/meta.yaml": {"name: many", "name: few"}, "7/" + runID(0) + "/meta.yaml": {"run_name: r0", "run_name: other"},
		"models/net/meta.yaml": {"name: net", "name: mesh"}, "models/net/version-1/meta.yaml": {"name: net", "name: mesh"},
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		write(t, dir, name, strings.Replace(string(b), change[0], change[1], 1))
	}
	must(t, os.Rename(filepath.Join(dir, "models", "net"), filepath.Join(dir, "models", "mesh")))
	for _, name := range []string{"7/tags/team", "7/" + runID(0) + "/tags/note", "models/mesh/tags/owner", "models/mesh/aliases/best", "models/mesh/version-1/tags/a"} {
		must(t, os.Remove(filepath.Join(dir, name)))
	}
}

// TestImportFollowsTheSource imports again after everything has another name there, and some
// of it is gone. What was added here meanwhile stays.
func TestImportFollowsTheSource(t *testing.T) {
	ctx, h, dir := t.Context(), open(t), t.TempDir()
	writeNamed(t, dir)
	h.bring(t, dir)
	here := func() (experiment string) {
		list, err := h.runs.Get(ctx, runID(0))
		must(t, err)
		return list.ExperimentID
	}()
	must(t, h.runs.SetExperimentTag(ctx, here, "mine", "x", false))
	must(t, h.registry.SetTag(ctx, "net", 0, "mine", "x", false))
	must(t, h.registry.SetTag(ctx, "net", 1, "mine", "x", false))
	_, err := h.registry.Alias(ctx, "net", "mine", 1, "", "")
	must(t, err)
	renameAll(t, dir)
	for _, n := range []string{"once", "twice"} {
		a := h.bring(t, dir)
		if counts(a, "run")[0]+counts(a, "model")[0]+counts(a, "experiment")[0]+counts(a, "version")[0] > 0 || len(a.Left) > 0 {
			t.Errorf("%s: what has another name came as new: %+v", n, a)
		}
		e, err := h.runs.Experiment(ctx, here)
		must(t, err)
		if e.Name != "few" || keys(e.Tags) != "kept mine" {
			t.Errorf("%s: the experiment is %q with the tags %v", n, e.Name, e.Tags)
		}
		r, err := h.runs.Get(ctx, runID(0))
		must(t, err)
		if _, has := r.Tags["note"]; r.Name != "other" || has || r.Tags["kept"] != "b" {
			t.Errorf("%s: the run is %q with the tags %v", n, r.Name, r.Tags)
		}
		m, err := h.registry.Model(ctx, "mesh")
		must(t, err)
		if keys(m.Tags) != "kept mine" || keys(m.Aliases) != "kept mine" {
			t.Errorf("%s: the model has the tags %v and the aliases %v", n, m.Tags, m.Aliases)
		}
		if _, err := h.registry.Model(ctx, "net"); err == nil {
			t.Errorf("%s: the model is here under both names", n)
		}
		if v, err := h.registry.Version(ctx, "mesh", 1); err != nil || keys(v.Tags) != "kept mine" {
			t.Errorf("%s: the version has the tags %v, %v", n, v.Tags, err)
		}
	}
	h.rebuilds(t)
}

func keys[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

// TestVersionsOfNothing imports versions of which nothing was ever logged, and versions whose
// files are out of reach: those come only when their files do.
func TestVersionsOfNothing(t *testing.T) {
	h, dir, elsewhere := open(t), t.TempDir(), t.TempDir()
	writeStore(t, dir, 2)
	write(t, elsewhere, "model/MLmodel", "flavors: {}\n")
	write(t, dir, "7/"+runID(1)+"/meta.yaml", "artifact_uri: file://"+elsewhere+"\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: "+runID(1)+"\nrun_name: x\nstatus: 3\nstart_time: 1\n")
	must(t, os.RemoveAll(filepath.Join(dir, "7", runID(1), "artifacts")))
	write(t, dir, "models/m/meta.yaml", "name: m\ncreation_timestamp: 1\n")
	for i, source := range []string{"runs:/" + runID(0) + "/later", "runs:/" + runID(1) + "/model", "runs:/" + runID(9) + "/model", dir + "/7/" + runID(0) + "/artifacts/later"} {
		n := string(rune('1' + i))
		write(t, dir, "models/m/version-"+n+"/meta.yaml", "name: m\nversion: "+n+"\nsource: "+source+"\nrun_id: "+runID(0)+"\ncurrent_stage: None\ncreation_timestamp: 2\n")
	}
	a := h.bring(t, dir)
	if n := counts(a, "version"); n != [4]int{2, 0, 0, 2} {
		t.Errorf("versions: %v %+v", n, a.Left)
	}
	for n, empty := range map[int]bool{1: true, 4: true} {
		if v, err := h.registry.Version(t.Context(), "m", n); err != nil || v.Empty != empty {
			t.Errorf("version %d: %+v, %v", n, v, err)
		}
	}
	a = h.bring(t, dir, elsewhere)
	if v, err := h.registry.Version(t.Context(), "m", 2); err != nil || v.Empty || v.Size == 0 {
		t.Errorf("the version whose files are within reach now: %+v, %v; %+v", v, err, a.Left)
	}
	h.rebuilds(t)
}
