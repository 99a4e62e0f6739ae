package dvc_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// handmade are .dvc files as people edit them. Each X is an md5 that is not of what lies there.
var handmade = []string{
	"outs:\n- md5: X\n  size: 2\n  hash: md5\n  path: k\n",
	"# by hand\n\n# for k\nouts:\n- md5: X # was\n  size: 2   # bytes\n  hash: md5\n  path: k\n# the end\n",
	"outs:\n# before\n- md5: X\n  # within\n  size: 2\n  hash: md5\n\n  path: k\n",
	"wdir: .\nouts:\n- md5: \"X\"\n  size: 2\n  hash: 'md5'\n  path: 'k'\n",
	"outs:\n  - md5: X\n    size: 2\n    hash: md5\n    path: \"k\" # name\n",
	"desc: 'what it is' # why\nmeta: # anything\n  a: 1 # one\n  # two\n  b: [1, 'x', \"y\"]\nouts:\n- md5: X\n  hash: md5\n  size: 2\n  path: k\n  desc: \"more\"\n  labels: # of it\n  - one # first\n  - 'two'\n  meta: {x: 1, y: [2]} # flow\n",
	"outs:\n- path: k # first\n  md5: X\n  hash: md5\n  size: 2\n# between\nmeta:\n  n: 012\n  d: 2024-01-02\n  f: 1.50\n  t: yes\n  s: |\n    two\n    lines\n",
	"outs:\n- md5: X\n  size: 2 # gone soon\n  nfiles: 7 # not there any more\n  hash: md5\n  path: k\nfrozen: false # not written\n",
	"outs:\n- path: k\n",
	"outs:\n- path: k # no hash yet\n# the end\n",
	"outs:\n- md5: X\n  size: 2\n  path: k\n",
	"\n\nouts:\n- md5: X\n  hash: md5\n  size: 2\n  path: k\n\n\n",
	"outs:\n-   md5:   X\n    hash:  md5\n    size:  2\n    path:  k\n",
	"outs: # all\n\n- md5: X\n  hash: md5\n  size: 2\n  path: k\n  persist: true # stays\n  remote: \"r\"\n  push: false\n",
	"outs:\n    # deep\n    - md5: X\n      # deeper\n      hash: md5 # it's 'so'\n      size: 2\n      path: k\n      meta:\n          a:\n              - b: 'c' # d\n                e: \"f: g\"\n              - null\n              - ~\n          z: '#'\n",
	"outs:\n- path: k\n  hash: md5\n  md5: X\n  meta:\n    note: 'a long text in quotes that goes on and on and on and on until it is longer than a line may be'\n",
	"outs:\n- {md5: X, hash: md5, size: 2, path: k}\n",
	"outs:\n- md5: X\n  hash: md5\n  size: 2\n  path: k\n  desc: >\n    folded text\n    goes on\nmeta:\n  # only a comment before\n  k: v\n",
}

// TestHandmadeFilesStayAsDVCKeepsThem records changed data in .dvc files that people have
// edited: comments, quotes, order and notes come out as dvc writes them.
func TestHandmadeFilesStayAsDVCKeepsThem(t *testing.T) {
	d := newDriver(t, realDVC(t))
	files := map[string]string{".dvc/config": "[core]\n    no_scm = true\n['remote \"r\"']\n    url = /x\n"}
	for i, text := range handmade {
		dir := string(rune('a' + i))
		files[dir+"/k"] = "1\n"
		files[dir+"/k.dvc"] = strings.ReplaceAll(text, "X", "c4ca4238a0b923820dcc509a6f75849b")
	}
	h := &history{t: t, d: d, main: folder(t, files), twin: folder(t, files)}
	h.here(func(p *dvc.Project) error { return p.CommitAll(context.Background()) })
	d.must(h.twin, "commit", "--force")
	for i := range handmade {
		name := string(rune('a'+i)) + "/k.dvc"
		here, _ := os.ReadFile(filepath.Join(h.main, name))
		there, _ := os.ReadFile(filepath.Join(h.twin, name))
		if string(here) != string(there) {
			t.Errorf("%d\nit was\n%s\nrondo\n%s\ndvc\n%s", i, files[name], here, there)
		}
	}
}
