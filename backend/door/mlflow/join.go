package mlflow

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/trace"
	"rondo/backend/webhook"
)

// Traces joins traces to the experiments and runs that they belong to; dir is the project's folder.
func Traces(l *ledger.Ledger, runs *run.Service, dir string) *trace.Service {
	return trace.New(trace.Options{
		Ledger: l, Dir: dir, Place: traceURI, Experiment: activeExperiment(runs),
		Run: func(ctx context.Context, id string) error {
			_, err := runs.Get(ctx, id)
			return err
		},
	})
}

// Evaluation joins evaluation datasets and scorers to experiments.
func Evaluation(l *ledger.Ledger, runs *run.Service) *evaluation.Service {
	return evaluation.New(evaluation.Options{Ledger: l, Experiment: activeExperiment(runs)})
}

func activeExperiment(runs *run.Service) func(ctx context.Context, id string) error {
	return func(ctx context.Context, id string) error {
		e, err := runs.Experiment(ctx, id)
		if err == nil && e.Lifecycle != run.Active {
			err = errs.New(errs.Precondition, "The experiment %s must be in the 'active' state. Current state is %s.", id, e.Lifecycle)
		}
		return err
	}
}

// Webhooks sends word of changes in the registry. secrets is a file of this device.
func Webhooks(l *ledger.Ledger, r *registry.Service, secrets string) *webhook.Service {
	return webhook.New(webhook.Options{Ledger: l, Secrets: secrets, Prompt: func(ctx context.Context, model string) bool {
		m, err := r.Model(ctx, model)
		return err == nil && isPrompt(m.Tags)
	}})
}
