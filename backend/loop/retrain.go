package loop

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/ref"
)

// snapshot makes the rows of the feedback step, and whatever else changed, a version
// of the dataset.
func (s *Service) snapshot(ctx context.Context, d Decision, _ project.Model) (Step, error) {
	if d.Dataset == "" {
		return Step{Skipped: true, Text: "the model names no dataset"}, nil
	}
	if err := s.applyRows(ctx, d); err != nil {
		return Step{}, err
	}
	snap, err := s.opts.Datasets.Snapshot(ctx, d.Dataset, dataset.Take{Decision: d.ID, Message: "for the retrain: " + d.Cause.Text})
	if err != nil {
		return Step{}, err
	}
	return Step{SnapshotID: snap.ID, Text: fmt.Sprintf("%s version %d, %d rows", d.Dataset, snap.Number, snap.Rows)}, nil
}

// executionID is the id that a decision's execution has: the same one however often
// the step is begun.
func executionID(decision string) string {
	sum := ref.Of([]byte("execution of " + decision))
	return hex.EncodeToString(sum[:16])
}

const lookAgain = time.Second

func (s *Service) train(ctx context.Context, d Decision, _ project.Model) (Step, error) {
	id := executionID(d.ID)
	if _, err := s.opts.Trainer.Execution(ctx, id); errs.Is(err, errs.NotFound) {
		if err := s.opts.Trusted(); err != nil {
			return Step{}, err
		}
		if err := s.opts.Trainer.Start(ctx, id, "retrain: "+d.Cause.Text); err != nil {
			return Step{}, err
		}
	} else if err != nil {
		return Step{}, err
	}
	e, err := s.await(ctx, id)
	if err != nil {
		return Step{}, err
	}
	if !e.OK {
		return Step{}, errEnd{Failed, fmt.Sprintf("the pipeline did not run through: %s; its log is in run %s", e.Reason, e.RunID)}
	}
	return Step{ExecutionID: id, Text: "the pipeline ran through"}, nil
}

// await waits for an execution's end. The ticker covers events that were missed.
func (s *Service) await(ctx context.Context, id string) (Execution, error) {
	sub := s.opts.Events.Subscribe(s.opts.Events.Last(), 64)
	defer sub.Close()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		e, err := s.opts.Trainer.Execution(ctx, id)
		if err != nil || !e.Running {
			return e, err
		}
		select {
		case <-ctx.Done():
			return e, ctx.Err()
		case <-tick.C:
		case <-sub.C:
		}
	}
}
