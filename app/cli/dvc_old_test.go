package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStagesOfDVCBefore1AreNamed: what DVC 3 refuses and Rondo does not run is told with the way out,
// and that way is one.
func TestStagesOfDVCBefore1AreNamed(t *testing.T) {
	w := newPipelineOfDVC(t)
	for _, at := range []string{"dvc.yaml", "sub"} {
		if err := os.RemoveAll(filepath.Join(w.dir, at)); err != nil {
			t.Fatal(err)
		}
	}
	const old = "cmd: echo hi > "
	writeAll(t, w.dir, map[string]string{"prep.dvc": old + "o\nouts:\n- path: o\n  cache: true\n", "Dvcfile": old + "last\nouts:\n- path: last\n"})
	for _, verb := range [][]string{{"status"}, {"stage", "list"}, {"repro", "--dry"}} {
		if said := w.ok(verb...); !strings.Contains(said, "Dvcfile, prep.dvc") || !strings.Contains(said, "rondo import dvc") {
			t.Errorf("%v: %s", verb, said)
		}
	}
	if r := w.run("repro"); r.code != 4 || !strings.Contains(r.err, "dvc.yaml declares no stages") {
		t.Errorf("%d\n%s", r.code, r.err)
	}
	if out, ok := dvcRefuses(t, w, "status"); ok && !strings.Contains(out, "extra keys not allowed") {
		t.Errorf("dvc: %s", out)
	}
	w.ok("import", "dvc")
	if said := w.ok("stage", "list"); !strings.Contains(said, "prep") || !strings.Contains(said, "Dvcfile") {
		t.Errorf("after the import: %s", said)
	}
}
