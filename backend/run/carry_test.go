package run_test

import (
	"fmt"
	"testing"
	"time"

	"rondo/backend/run"
)

// TestARunComesWholeWhateverHappensMeanwhile brings in a run in two parts. Between them
// so many other runs log that its file would be closed, and all that waits is written.
func TestARunComesWholeWhateverHappensMeanwhile(t *testing.T) {
	h := open(t, t.TempDir())
	e, err := h.CreateExperiment(t.Context(), "brought", "", nil)
	must(t, err)
	const id = "0123456789abcdef0123456789abcdef"
	in := run.Carried{Run: run.Run{ID: id, ExperimentID: e.ID, Status: run.Finished, StartedAt: time.UnixMilli(1000)}}
	in.Points = func(yield func([]run.Point) error) error {
		for part := range int64(2) {
			if err := yield([]run.Point{{Key: "loss", Value: 1, Step: part, Time: part}}); err != nil {
				return err
			}
			for i := range 200 {
				r := h.run(t, run.Create{Name: fmt.Sprint(i)})
				must(t, h.Log(t.Context(), r.ID, run.Batch{Points: []run.Point{{Key: "a", Value: 1}}}))
			}
			h.dump(t) // has it written
		}
		return nil
	}
	did, err := h.Carry(t.Context(), in)
	if must(t, err); !did.New || did.Points != 2 {
		t.Errorf("brought %+v", did)
	}
	history, _, err := h.History(t.Context(), id, "loss", 0, 10)
	if must(t, err); len(history) != 2 {
		t.Errorf("history %v", history)
	}
	h = h.rebuiltSame(t)
	if r := h.Repairs(); len(r) > 0 {
		t.Errorf("repairs %v", r)
	}
}

// TestARestoreFindsItsRunsAfterAnotherImport: an experiment is deleted here, and comes again
// from a store that has changed it since.
func TestARestoreFindsItsRunsAfterAnotherImport(t *testing.T) {
	h := open(t, t.TempDir())
	in := run.Experiment{ID: "17", Name: "brought", Lifecycle: run.Active, CreatedAt: time.UnixMilli(1000), UpdatedAt: time.UnixMilli(2000)}
	e, err := h.CarryExperiment(t.Context(), in, "", "again", false)
	must(t, err)
	r := h.run(t, run.Create{ExperimentID: e.ID})
	must(t, h.DeleteExperiment(t.Context(), e.ID))
	in.UpdatedAt = time.Now().Add(time.Hour)
	_, err = h.CarryExperiment(t.Context(), in, e.ID, "again", true)
	must(t, err)
	must(t, h.RestoreExperiment(t.Context(), e.ID))
	if r, err = h.Get(t.Context(), r.ID); err != nil || r.Lifecycle != run.Active {
		t.Errorf("the run is %s, %v", r.Lifecycle, err)
	}
}
