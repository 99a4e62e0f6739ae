package run_test

import (
	"testing"

	"rondo/backend/run"
)

// TestANumberOfAnotherRunMisleadsNobody: between a search and its reading of runs the index
// may have been made anew, because a teammate's older records came, with other numbers.
func TestANumberOfAnotherRunMisleadsNobody(t *testing.T) {
	h := open(t, t.TempDir())
	first, second := h.run(t, run.Create{}), h.run(t, run.Create{})
	for no := range int64(4) { // of nobody, of either, of nobody
		for _, want := range []string{first.ID, second.ID} {
			list, err := h.LoadHit(t.Context(), no, want)
			must(t, err)
			if len(list) != 1 || list[0].ID != want {
				t.Errorf("number %d, id %s: %+v", no, want, list)
			}
		}
	}
}
