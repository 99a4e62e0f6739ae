package mlflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/mlflow"
	"rondo/backend/run"
)

// writeStore makes a file store of so many runs, as version 2 wrote them.
func writeStore(t testing.TB, dir string, runs int) {
	t.Helper()
	write(t, dir, "0/meta.yaml", "artifact_location: file://"+dir+"/0\nexperiment_id: '0'\nlifecycle_stage: active\nname: Default\n")
	write(t, dir, "7/meta.yaml", "artifact_location: file://"+dir+"/7\nexperiment_id: '7'\nlifecycle_stage: active\nname: many\ncreation_time: 1600000000000\nlast_update_time: 1600000000001\n")
	for n := range runs {
		writeRun(t, dir, n)
	}
}

func runID(n int) string { return fmt.Sprintf("%032x", n+1) }

func writeRun(t testing.TB, dir string, n int) {
	t.Helper()
	at := "7/" + runID(n) + "/"
	write(t, dir, at+"meta.yaml", fmt.Sprintf("artifact_uri: file://%s/7/%s/artifacts\nend_time: 1600000001000\nentry_point_name: ''\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: %s\nrun_name: r%d\nstart_time: %d\nstatus: 3\nuser_id: ann\n", dir, runID(n), runID(n), n, 1600000000000+n))
	write(t, dir, at+"params/p", fmt.Sprint(n))
	var lines strings.Builder
	for s := range 50 {
		fmt.Fprintf(&lines, "%d %g %d\n", 1600000000000+s, float64(s)/float64(n+1), s)
	}
	write(t, dir, at+"metrics/loss", lines.String())
	write(t, dir, at+"artifacts/out.txt", fmt.Sprintf("of run %d", n))
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	at := filepath.Join(dir, filepath.FromSlash(name))
	must(t, os.MkdirAll(filepath.Dir(at), 0o755))
	must(t, os.WriteFile(at, []byte(text), 0o644))
}

// stopped imports until so many runs have come.
func (h *house) stopped(t *testing.T, source string, runs int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		for ctx.Err() == nil {
			list, _, _, err := h.runs.Search(ctx, run.Search{View: run.ViewAll})
			if err == nil && len(list) >= runs {
				cancel()
			}
		}
	}()
	_, err := h.importer.Import(ctx, source, mlflow.Options{}, nil)
	cancel()
	<-watch
	if err == nil && runs < 35 {
		t.Logf("the import ended before it was stopped at %d runs", runs)
	}
}

// said is all that the project says of runs, with their histories and files.
func (h *house) said(t *testing.T) string {
	t.Helper()
	list, _, _, err := h.runs.Search(t.Context(), run.Search{View: run.ViewAll, OrderBy: []string{"attributes.run_id ASC"}})
	must(t, err)
	var out strings.Builder
	for _, r := range list {
		b, err := json.Marshal(r)
		must(t, err)
		points, _, err := h.runs.History(t.Context(), r.ID, "loss", 0, 1000)
		must(t, err)
		file, err := os.ReadFile(filepath.Join(h.runs.ArtifactDir(r.ID), "out.txt"))
		must(t, err)
		fmt.Fprintf(&out, "%s %v %s\n", b, points, file)
	}
	return out.String()
}
