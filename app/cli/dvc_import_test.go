package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportInADVCProject goes the way of a person in a folder of the project: what is typed is
// from there, the origin is followed, and what means nothing is refused.
func TestImportInADVCProject(t *testing.T) {
	w := newPipelineOfDVC(t)
	far := t.TempDir()
	writeAll(t, far, map[string]string{"big.csv": "1\n"})
	writeAll(t, w.dir, map[string]string{"data/in/own.csv": "own\n"})
	says := func(code int, want string, args ...string) {
		t.Helper()
		if r := w.run(args...); r.code != code || !strings.Contains(r.out+r.err, want) {
			t.Errorf("%v: %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
	from := filepath.Join(far, "big.csv")
	says(0, "data/big.csv imported: data/big.csv.dvc says from where", "data", "import", from, "--to", "data")
	says(4, "data/big.csv is there already", "data", "import", from, "--to", "data")
	says(2, "has no revisions", "data", "import", from, "--rev", "v1")
	says(2, "--name and --max-size", "data", "import", from, "--name", "x")
	says(2, "leave out one", "data", "import", from, "--no-exec", "--no-download")
	says(0, "rondo data pull brings it", "data", "import", from, "--to", "later.csv", "--no-download")
	says(0, "rondo data update never.csv takes", "data", "import", from, "--to", "never.csv", "--no-exec")
	says(0, `"file": "own.csv.dvc"`, "data", "import", "data/in/own.csv", "--json")
	in := *w
	in.dir = filepath.Join(w.dir, "data/in")
	writeAll(t, w.dir, map[string]string{"data/in/apart.csv": "apart\n"})
	in.ok("data", "import", "apart.csv", "--to", "again.csv")
	if b, _ := os.ReadFile(filepath.Join(in.dir, "again.csv")); string(b) != "apart\n" {
		t.Errorf("from a folder in it came %q", b)
	}
	writeAll(t, far, map[string]string{"big.csv": "2\n"})
	says(0, "data/big.csv: updated", "data", "update", "data/big.csv")
	if b, _ := os.ReadFile(filepath.Join(w.dir, "data/big.csv")); string(b) != "2\n" {
		t.Errorf("it holds %q", b)
	}
	w.ok("remote", "add", "--local", "far", t.TempDir())
	says(0, "rondo data pull brings it", "data", "import", from, "--to", "sent.csv", "--to-remote", "--remote", "far")
	says(0, "tracked: the remote has it", "data", "add", from, "--to", "added.csv", "--to-remote", "--remote", "far")
	says(2, "is for what goes to a remote", "data", "add", "later.csv", "--remote", "far")
	says(0, "", "data", "pull", "sent.csv", "added.csv", "--remote", "far")
	for _, name := range []string{"sent.csv", "added.csv"} {
		if b, _ := os.ReadFile(filepath.Join(w.dir, name)); string(b) != "2\n" {
			t.Errorf("%s came back as %q", name, b)
		}
	}
	if out, ok := askDVC(t, w, "status", "data/big.csv.dvc", "own.csv.dvc"); ok && !strings.Contains(out, "up to date") {
		t.Errorf("dvc status: %s", out)
	}
}
