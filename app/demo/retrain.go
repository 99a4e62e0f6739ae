package demo

import (
	"context"
	"time"

	"rondo/app/sample"
	"rondo/backend/loop"
	"rondo/backend/monitor"
)

// retrain sends the labels, which is all that the trigger still waits for, while
// clients keep asking.
func (d *Demo) retrain(ctx context.Context) error {
	days, err := sample.Days("Seattle", 2015, 2015)
	if err != nil {
		return err
	}
	flowing, wait := d.flow(ctx, days, "2")
	if err := d.labelNorth(ctx); err != nil {
		return err
	}
	decision, err := d.decided(ctx, loop.Retrain)
	if err != nil {
		return err
	}
	if err := wait(); err != nil {
		return err
	}
	d.decision = decision.ID
	d.say("trigger %s: %s", decision.Trigger, decision.Cause.Text)
	for _, s := range decision.Steps {
		d.say("%-9s %s", s.Name, s.Text)
	}
	if n := flowing.failed.Load(); n > 0 {
		return missing("no request to fail during the swap; %d of %d did: %v", n, flowing.sent.Load(), flowing.lastError.Load())
	}
	d.say("%d requests were flowing meanwhile: %d answered by version 1, %d by version 2, 0 failed", flowing.sent.Load(), flowing.by("1"), flowing.by("2"))
	return d.showEvidence(ctx)
}

func (d *Demo) labelNorth(ctx context.Context) error {
	days, err := sample.Days("New York", 2012, 2014)
	if err != nil {
		return err
	}
	if err := d.label(ctx, "north", days); err != nil {
		return err
	}
	w, err := d.labelled(ctx, d.before.ID, 1)
	if err != nil {
		return err
	}
	d.before = w
	d.showQuality(w)
	if w.Quality.Metrics["accuracy"] >= d.quiet.Quality.Metrics["accuracy"] {
		return missing("worse answers than in the quiet year")
	}
	return nil
}

func (d *Demo) showEvidence(ctx context.Context) error {
	e, err := d.evidence(ctx, 2)
	if err != nil {
		return err
	}
	for _, g := range e.Verdicts {
		d.say("gate %s: %s", g.Name, g.Text)
	}
	c := e.Comparison
	if c == nil || c.Version != 1 || len(c.Segments) != 2 {
		return missing("a comparison with version 1 in both cities")
	}
	d.say("%s", c.Text)
	return nil
}

func (d *Demo) serveAfter(ctx context.Context) error {
	days, err := sample.Days("New York", 2015, 2015)
	if err != nil {
		return err
	}
	t, err := d.send(ctx, "after", days)
	if err != nil {
		return err
	}
	if t.by("2") != int64(len(days)) {
		return missing("version 2 to answer all %d days", len(days))
	}
	if err := d.label(ctx, "after", days); err != nil {
		return err
	}
	w, err := d.fullWindow(ctx)
	if err != nil {
		return err
	}
	d.say("before, version 1 on New York:")
	d.show(d.before)
	d.showQuality(d.before)
	d.say("after, version 2 on New York 2015 (and the days that flowed during the swap):")
	d.show(w)
	d.showQuality(w)
	if w.Quality.Metrics["accuracy"] <= d.before.Quality.Metrics["accuracy"] {
		return missing("better answers than before")
	}
	return nil
}

// fullWindow returns the newest labelled window of version 2. The days that were
// asked during the swap filled windows of their own first, and one may be shared.
func (d *Demo) fullWindow(ctx context.Context) (w window, err error) {
	err = until(ctx, time.Minute, "a labelled window of version 2", func() (bool, error) {
		if err := d.api.Post(ctx, "/monitors/weather/evaluate", nil, nil); err != nil {
			return false, err
		}
		list, err := d.listWindows(ctx, 2)
		for _, one := range list {
			if one.Quality != nil && one.Quality.Labelled >= monitor.MinLabels {
				w = one
			}
		}
		return w.ID != "", err
	})
	return w, err
}
