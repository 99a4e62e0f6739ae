package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestADryRunTellsOfTwoOwners: what repro refuses is refused by a dry run, as by dvc's, and told by status.
func TestADryRunTellsOfTwoOwners(t *testing.T) {
	w := newPipelineOfDVC(t)
	writeAll(t, w.dir, map[string]string{
		"dvc.yaml":     "stages:\n  a:\n    cmd: mkdir -p out && echo a > out/x\n    outs: [out]\n",
		"sub/dvc.yaml": "{}\n", "out.dvc": "outs:\n- md5: 60b725f10c9c85c70d97880dfe8191b3\n  size: 2\n  hash: md5\n  path: out\n",
	})
	const says = "out belongs to a and to out.dvc"
	for _, args := range [][]string{{"repro", "--dry"}, {"repro", "--dry", "--json"}} {
		if r := w.run(args...); r.code != 4 || !strings.Contains(r.err, says) || !strings.Contains(r.err, "rondo data remove") {
			t.Errorf("%v: %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	if r := w.run("status"); r.code != 0 || !strings.Contains(r.out, says) || strings.Contains(r.out, "would run") {
		t.Errorf("status: %d\n%s%s", r.code, r.out, r.err)
	}
	if out, ok := dvcRefuses(t, w, "repro", "--dry"); ok && !strings.Contains(out, "output 'out' is specified in") {
		t.Errorf("dvc: %s", out)
	}
	if err := os.Remove(filepath.Join(w.dir, "out.dvc")); err != nil {
		t.Fatal(err)
	}
	w.ok("repro", "--dry")
}
