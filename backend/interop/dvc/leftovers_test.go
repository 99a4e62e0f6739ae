package dvc_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestCheckoutTakesAwayWhatThisDVCHasMade: an out of a stage that is no more goes, if the dvc
// that works here has made it, and stays, if another one has, which keeps its list elsewhere.
func TestCheckoutTakesAwayWhatThisDVCHasMade(t *testing.T) {
	t.Setenv("DVC_SITE_CACHE_DIR", t.TempDir())
	maker := newDriver(t, realDVC(t))
	for _, other := range []bool{false, true} {
		files := map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "dvc.yaml": "stages:\n  s:\n    cmd: echo 1 > o && mkdir d && echo 2 > d/x\n    outs: [o, d]\n"}
		h := &history{t: t, d: maker, main: folder(t, files), twin: folder(t, files)}
		for _, dir := range []string{h.main, h.twin} {
			h.d.must(dir, "repro")
		}
		if other {
			t.Setenv("DVC_SITE_CACHE_DIR", t.TempDir())
			h.d = newDriver(t, realDVC(t))
			h.d.must(h.main, "status")
		}
		checkout := func() {
			h.here(func(p *dvc.Project) error { _, err := p.Checkout(context.Background(), dvc.Checkout{}); return err })
			h.d.must(h.twin, "checkout")
		}
		checkout() // Rondo sees what is tracked
		h.both("dvc.yaml", "stages: {}\n")
		checkout()
		for _, name := range []string{"o", "d/x"} {
			_, here := os.Stat(filepath.Join(h.main, name))
			_, there := os.Stat(filepath.Join(h.twin, name))
			if (here == nil) != other || (there == nil) != other {
				t.Errorf("made by another dvc: %v, and %s: here %v, by dvc %v", other, name, here, there)
			}
		}
	}
}
