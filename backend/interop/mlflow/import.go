package mlflow

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// Importer brings what a source holds into a project.
type Importer struct {
	Ledger     *ledger.Ledger
	Runs       *run.Service
	Registry   *registry.Service
	Traces     *trace.Service
	Evaluation *evaluation.Service

	turn turn
}

const workers = 4 // runs, models or traces that are brought at a time

// bringing is one import.
type bringing struct {
	*Importer
	from        Source
	about       About
	known       map[originKey]origin // what came before
	experiments map[string]run.Experiment
	partly      map[string]bool // runs and logged models of which not all files came
	*tally
}

// Import brings over what is new or has changed since it was last done. It can stop at
// any moment: what has come stays, and the next one goes on. The account is filled as
// far as it came also where there is an error.
func (im *Importer) Import(ctx context.Context, spec string, o Options, tell func(Progress)) (Account, error) {
	release, err := im.turn.take(ctx)
	if err != nil {
		return Account{}, err
	}
	defer release()
	t := newTally(tell)
	o.Left = func(kind, name, why string) {
		if t.counts[kind] != nil {
			t.lose(kind, name, why)
			return
		}
		t.miss(kind, name, why)
	}
	from, err := Open(ctx, spec, o)
	if err != nil {
		return Account{}, err
	}
	defer from.Close()
	b := &bringing{Importer: im, from: from, about: from.About(), experiments: map[string]run.Experiment{}, partly: map[string]bool{}, tally: t}
	b.progress.Source = b.about.Words
	if b.known, err = origins(ctx, im.Ledger, b.about.ID); err != nil {
		return Account{}, err
	}
	err = b.all(ledger.WithActor(ctx, "import:mlflow"))
	account := t.finish(from.About())
	if tell != nil {
		t.progress.Done = true
		tell(t.progress)
	}
	return account, err
}

func (b *bringing) all(ctx context.Context) error {
	list, err := b.from.Experiments(ctx)
	if err != nil {
		return err
	}
	b.with(func() { b.progress.Of = len(list) })
	for i, e := range list {
		b.with(func() { b.progress.Experiment, b.progress.Doing = i+1, "experiment "+e.Name })
		if err := b.experiment(ctx, e); err != nil {
			return err
		}
	}
	b.with(func() { b.progress.Doing = "registered models" })
	if err := b.renamedModels(ctx); err != nil {
		return err
	}
	if err := b.from.Models(ctx, func(m Model) error { return b.model(ctx, m) }); err != nil {
		return err
	}
	b.with(func() { b.progress.Doing = "evaluation datasets" })
	return b.from.Datasets(ctx, func(d Dataset) error { return b.dataset(ctx, d) })
}

// experiment brings one with all that belongs to it.
func (b *bringing) experiment(ctx context.Context, e run.Experiment) error {
	old, was := b.known[originKey{"experiment", e.ID}]
	print := printOf(e)
	here, err := run.Experiment{}, error(nil)
	if was {
		here, err = b.Runs.Experiment(ctx, old.Here)
	}
	if !was || old.Print != print || err != nil {
		here, err = b.Runs.CarryExperiment(ctx, e, old.Here, "of MLflow", was && old.Lifecycle == e.Lifecycle)
	}
	if err != nil {
		return b.lost(err, "experiment", e.Name)
	}
	b.experiments[e.ID] = here
	if here.Name != e.Name && !was {
		b.note(fmt.Sprintf("experiment %q is called %q here: another one has its name", e.Name, here.Name))
	}
	now := seenOf(e.Tags)
	now.Name = e.Name
	if err := b.followExperiment(ctx, old, now, here); err != nil {
		return b.lost(err, "experiment", e.Name)
	}
	if err := b.came(ctx, "experiment", e.ID, here.ID, print, e.Lifecycle, old, now); err != nil {
		return err
	}
	for _, part := range []func(context.Context, run.Experiment) error{b.loggedModels, b.runs, b.traces, b.scorers} {
		if err := part(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// came counts something, and remembers it where that is news.
func (b *bringing) came(ctx context.Context, kind, id, here, print, lifecycle string, old origin, now seen) error {
	switch {
	case old.Source == "":
		b.count(kind, fresh)
	case old.Print == print && print != "":
		b.count(kind, same)
		return nil
	default:
		b.count(kind, changed)
	}
	return b.remember(ctx, origin{b.about.ID, kind, id, here, print, lifecycle, now})
}

func (b *bringing) remember(ctx context.Context, o origin) error {
	_, err := b.Ledger.Do(ctx, "mlflow.came", o.Here, func(*indexTx) (any, error) { return o, nil })
	return err
}

// lost notes what a person's data made impossible, and returns what stops the import.
func (b *bringing) lost(err error, kind, name string) error {
	if err = stops(err); err != nil {
		var p *permanent
		if errors.As(err, &p) {
			b.lose(kind, name, p.Error())
			return nil
		}
	}
	return err
}

// permanent is an error that will be the same the next time.
type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

// stops tells errors that are about one thing from those that end an import: a full
// disk, a database that went away, a person who stopped it.
func stops(err error) error {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.NotFound, errs.Conflict, errs.Precondition, errs.Corrupt, errs.TooLarge:
		return &permanent{err}
	}
	return err
}

// pool lets several things be brought at a time.
func pool(ctx context.Context) (*errgroup.Group, context.Context) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	return g, ctx
}

// each hands what a source lists to a pool and waits for the end.
func each[T any](ctx context.Context, list func(context.Context, func(T) error) error, one func(context.Context, T) error) error {
	g, inner := pool(ctx)
	err := list(inner, func(x T) error {
		g.Go(func() error { return one(inner, x) })
		return inner.Err()
	})
	if e := g.Wait(); e != nil {
		return e
	}
	return err
}
