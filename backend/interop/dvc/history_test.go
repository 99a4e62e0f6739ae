package dvc_test

import (
	"fmt"
	"os"
	"testing"
)

// TestAnyHistoryInTurnWithDVC works on a project with dvc and Rondo in turn, and compares
// it after every step with one where dvc did everything. RONDO_TORTURE makes it long.
func TestAnyHistoryInTurnWithDVC(t *testing.T) {
	d := newDriver(t, realDVC(t))
	rounds, steps := setting("DVC_HISTORIES", 1), setting("DVC_STEPS", 10)
	if n := setting("RONDO_TORTURE", 0); n > 0 {
		rounds = setting("DVC_HISTORIES", min(n/4, 400))
	}
	for i := range rounds {
		seed := int64(setting("DVC_SEED", 1) + i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d.t = t
			h := newHistory(t, d, seed)
			h.proven = i == 0
			for range steps {
				h.step()
				h.compare()
			}
		})
	}
}

// TestAnyHistoryBegunByDVC2 goes on in projects that dvc 2 has made, whose cache has the
// layout of then, with dvc 3 and Rondo in turn. $DVC2 is the older program.
func TestAnyHistoryBegunByDVC2(t *testing.T) {
	older := os.Getenv("DVC2")
	if older == "" {
		t.Skip("skipped: $DVC2 names no dvc of the second line; make conformance has one")
	}
	d, before := newDriver(t, realDVC(t)), newDriver(t, older)
	seed := setting("DVC_SEED", 1)
	for i := range setting("DVC_HISTORIES", 3) {
		t.Run(fmt.Sprint(seed+i), func(t *testing.T) {
			d.t, before.t = t, t
			h := newHistory(t, before, int64(seed+i))
			for _, at := range []string{h.main, h.twin} {
				before.must(at, "repro")
				h.commitGit(at)
			}
			h.d, h.mixed = d, true
			h.compare()
			for range setting("DVC_STEPS", 10) {
				h.step()
				h.compare()
			}
		})
	}
}
