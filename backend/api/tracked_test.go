package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/api"
	"rondo/backend/interop/dvc"
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
