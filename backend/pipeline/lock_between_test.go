package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// TestWhatOthersWriteIntoTheLockStays lets a stage itself put an entry into rondo.lock, as a merge
// or a person may meanwhile; what the next stages write leaves it there.
func TestWhatOthersWriteIntoTheLockStays(t *testing.T) {
	h := build(t)
	h.file.Stages["count"] = project.Stage{
		Cmd:  project.Lines{`sh -c 'printf "  guest:\n    cmd:\n    - \"true\"\n" >> rondo.lock; mkdir model; cp sorted.txt model/'`},
		Deps: project.Lines{"sorted.txt"}, Outs: project.Outs{{Path: "model"}},
	}
	h.file.Stages["last"] = project.Stage{Cmd: project.Lines{`sh -c 'cat model/* > last.txt'`}, Deps: project.Lines{"model"}, Outs: project.Outs{{Path: "last.txt"}}}
	h.repro(pipeline.Request{})
	b, err := os.ReadFile(filepath.Join(h.dir, "rondo.lock"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := pipeline.ParseLock(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sort", "count", "guest", "last"} {
		if _, ok := l.Stages[name]; !ok {
			t.Errorf("%s is not in the lock:\n%s", name, b)
		}
	}
}
