package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/api"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/figures"
	"rondo/backend/interop/dvc/plots"
)

// TestWhatDVCTracksOverHTTP asks for a project, for a folder that is none, and for paths
// that nobody may see.
func TestWhatDVCTracksOverHTTP(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{".dvc/config": "", "a b.csv": "1\n", "a b.csv.dvc": "outs:\n- md5: b026324c6904b2a9cb4b88d6d61c81d1\n  size: 2\n  hash: md5\n  path: a b.csv\n"} {
		fatal(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		fatal(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	ask := func(dir, path string, into any) int {
		t.Helper()
		w := httptest.NewRecorder()
		h := (&api.API{Tracked: &dvc.Inventory{Dir: dir}}).Handler()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/dvc/data"+path, nil))
		if into != nil {
			fatal(t, json.Unmarshal(w.Body.Bytes(), into))
		}
		return w.Code
	}
	var all dvc.Overview
	if code := ask(dir, "", &all); code != http.StatusOK || !all.Found || len(all.Items) != 1 || all.Items[0].Path != "a b.csv" {
		t.Errorf("%d %+v", code, all)
	}
	var states []dvc.ItemStatus
	if code := ask(dir, "/status", &states); code != http.StatusOK || len(states) != 1 || states[0].State != dvc.Unchanged || states[0].Cache != dvc.Missing {
		t.Errorf("%d %+v", code, states)
	}
	var one dvc.ItemDetail
	if code := ask(dir, "/item?path="+url.QueryEscape("a b.csv"), &one); code != http.StatusOK || one.By != "a b.csv.dvc" || one.Status.Lacks != 1 {
		t.Errorf("%d %+v", code, one)
	}
	for path, want := range map[string]int{"/item": 400, "/item?path=nothing": 404, "/item?path=../../etc/passwd": 404, "/item?path=%00": 404} {
		if code := ask(dir, path, nil); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	if code := ask(t.TempDir(), "", &all); code != http.StatusOK || all.Found || len(all.Items) > 0 {
		t.Errorf("no project: %d %+v", code, all)
	}
}

// TestExperimentsOverHTTP are none in a folder that is no DVC project.
func TestExperimentsOverHTTP(t *testing.T) {
	w := httptest.NewRecorder()
	h := (&api.API{Tracked: &dvc.Inventory{Dir: t.TempDir()}}).Handler()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/dvc/experiments", nil))
	if w.Code != http.StatusOK || w.Body.String() != "[]\n" && w.Body.String() != "[]" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestFiguresAndPlotsOverHTTP asks for those of the folder, of a revision that is not there, and
// where there is no DVC project.
func TestFiguresAndPlotsOverHTTP(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		".dvc/config":  "",
		"dvc.yaml":     "metrics: [m.json]\nplots:\n- loss.csv\n- bars.csv: {template: bar_horizontal, x: n, y: name}\n- gone.csv\n",
		"m.json":       `{"a": {"b": 0.5}, "none": NaN}`,
		"params.yaml":  "lr: 0.1\n",
		"loss.csv":     "step,loss\n0,1\n1,0.5\n",
		"bars.csv":     "name,n\nrain,2\nwind,-1\n",
		"other/m.json": "{}",
	} {
		fatal(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		fatal(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	ask := func(dir, path string, into any) int {
		t.Helper()
		w := httptest.NewRecorder()
		(&api.API{Tracked: &dvc.Inventory{Dir: dir}}).Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/dvc/"+path, nil))
		fatal(t, json.Unmarshal(w.Body.Bytes(), into))
		return w.Code
	}
	var table figures.Table
	if code := ask(dir, "figures?rev=workspace,workspace", &table); code != http.StatusOK || len(table.Metrics) != 2 || len(table.Params) != 1 {
		t.Fatalf("%d %+v", code, table)
	}
	if m := table.Metrics[0]; m.File != "m.json" || m.Key != "a.b" || m.Values[0] != 0.5 || m.Differs {
		t.Errorf("%+v", m)
	}
	if m := table.Metrics[1]; m.Key != "none" || m.Values[1] != "NaN" || m.Differs {
		t.Errorf("%+v", m)
	}
	fatal(t, os.WriteFile(filepath.Join(dir, "m.json"), []byte(`{"a": `), 0o644))
	if code := ask(dir, "figures?rev=workspace", &table); code != http.StatusOK || len(table.Metrics) != 0 || len(table.Problems) != 1 || !strings.Contains(table.Problems[0], "m.json") {
		t.Errorf("of a file that is cut off: %d %+v", code, table)
	}
	var drawn plots.Charts
	if code := ask(dir, "plots?rev=workspace", &drawn); code != http.StatusOK || len(drawn.Charts) != 2 || len(drawn.Problems) != 1 || drawn.Problems[0].Name != "gone.csv" {
		t.Fatalf("%d %+v", code, drawn)
	}
	if c := drawn.Charts[0]; c.Kind != "line" || !slices.Equal(c.Lines[0].X, []float64{0, 1}) || !slices.Equal(c.Lines[0].Y, []float64{1, 0.5}) {
		t.Errorf("%+v", c)
	}
	if c := drawn.Charts[1]; c.Kind != "bars" || !slices.Equal(c.Words, []string{"rain", "wind"}) || !slices.Equal(c.Lines[0].Y, []float64{2, -1}) {
		t.Errorf("%+v", c)
	}
	var refused struct{ Error struct{ Message string } }
	for rev, name := range map[string]string{`workspace,v1\,0,other`: "v1,0", `v1\,0\,\,`: "v1,0,,", `try\`: `try\`, "v1,0": "v1"} {
		if ask(dir, "figures?rev="+url.QueryEscape(rev), &refused); !strings.HasSuffix(refused.Error.Message, " "+name) {
			t.Errorf("%s: %q, want it to name %s", rev, refused.Error.Message, name)
		}
	}
	for path, want := range map[string]int{"figures?rev=nowhere": 404, "plots?rev=nowhere": 404, "figures": 404} {
		if code := ask(dir, path, &struct{}{}); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	for _, path := range []string{"figures", "plots", "revisions"} {
		if code := ask(t.TempDir(), path, &struct{}{}); code != http.StatusNotFound {
			t.Errorf("%s of no DVC project: %d", path, code)
		}
	}
}
