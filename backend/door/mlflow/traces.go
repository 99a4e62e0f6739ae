package mlflow

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/ledger"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// Traces joins traces to the experiments and runs that they belong to.
func Traces(l *ledger.Ledger, runs *run.Service) *trace.Service {
	return trace.New(trace.Options{
		Ledger: l, Place: traceURI,
		Experiment: func(ctx context.Context, id string) error {
			e, err := runs.Experiment(ctx, id)
			if err == nil && e.Lifecycle != run.Active {
				err = errs.New(errs.Precondition, "The experiment %s must be in the 'active' state. Current state is %s.", id, e.Lifecycle)
			}
			return err
		},
		Run: func(ctx context.Context, id string) error {
			_, err := runs.Get(ctx, id)
			return err
		},
	})
}
