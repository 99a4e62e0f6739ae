package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// TestWhatIsIgnoredInADepMakesNoStageRun, and a link out of the project may lie there.
func TestWhatIsIgnoredInADepMakesNoStageRun(t *testing.T) {
	t.Parallel()
	h := build(t)
	sort := h.file.Stages["sort"]
	sort.Deps = append(sort.Deps, "code")
	h.file.Stages = map[string]project.Stage{"sort": sort}
	h.write(".rondoignore", "__pycache__/\n")
	h.write("code/run.py", "1")
	h.write("code/__pycache__/run.pyc", "1")
	if err := os.Symlink("/", filepath.Join(h.dir, "code/__pycache__/out")); err != nil {
		t.Fatal(err)
	}
	h.repro(pipeline.Request{})
	h.write("code/__pycache__/run.pyc", "2")
	if got := states(h.repro(pipeline.Request{})); got != "sort:skipped" {
		t.Errorf("after what is ignored changed: %s", got)
	}
	h.write("code/run.py", "2")
	if got := states(h.repro(pipeline.Request{})); got == "sort:skipped" {
		t.Errorf("after the dep changed: %s", got)
	}
}
