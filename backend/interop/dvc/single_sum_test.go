package dvc_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestWhatTheFirstVersionsWroteChangesNoSum: an import says `cache: true`, which the first
// versions of DVC wrote and which no sum counts; both programs take it for what it was.
func TestWhatTheFirstVersionsWroteChangesNoSum(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "from.csv": "1\n"})
	d.must(dir, "import-url", "from.csv", "to.csv")
	at := filepath.Join(dir, "to.csv.dvc")
	b, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"  cache: true\n", "  push: true\n", "  cache: true\n  push: true\n", "  cache: false\n"} {
		if err := os.WriteFile(at, append(b[:len(b):len(b)], more...), 0o644); err != nil {
			t.Fatal(err)
		}
		list, err := open(t, dir).Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		said, _ := d.said(dir)
		want, err := json.Marshal(said)
		if got := statusJSON(list); err != nil || got != string(want) {
			t.Errorf("%q: rondo %s, dvc %s %v", more, got, want, err)
		}
	}
}
