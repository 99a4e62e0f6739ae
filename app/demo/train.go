package demo

import (
	"context"
	"net/url"
	"time"

	"rondo/app/sample"
	"rondo/backend/dataset"
	"rondo/backend/loop"
	"rondo/backend/monitor"
)

func (d *Demo) snapshot(ctx context.Context) error {
	var s dataset.Snapshot
	if err := d.api.Post(ctx, "/datasets/weather/snapshots", map[string]any{"message": "Seattle 2012–2014", "commit": true}, &s); err != nil {
		return err
	}
	if s.Number != 1 || s.Rows != 1096 {
		return missing("version 1 with 1096 rows, not version %d with %d", s.Number, s.Rows)
	}
	if s.Git == nil || s.Git.Commit == "" {
		return missing("a link to the git commit")
	}
	d.say("weather v%d: %d rows, digest %s, at git commit %.12s", s.Number, s.Rows, s.Tree.Short(), s.Git.Commit)
	return nil
}

// run starts an execution and waits for its end.
func (d *Demo) run(ctx context.Context) (e execution, err error) {
	if err := d.api.Post(ctx, "/executions", map[string]any{}, &e); err != nil {
		return e, err
	}
	id := e.ID
	err = until(ctx, 3*time.Minute, "the pipeline", func() (bool, error) {
		err := d.api.Get(ctx, "/executions/"+url.PathEscape(id), &e)
		return e.State != "running" && e.State != "queued", err
	})
	if err == nil && e.State != "finished" {
		err = missing("the pipeline to run through; it %s: %s", e.State, e.Reason)
	}
	return e, err
}

func (d *Demo) train(ctx context.Context) (err error) {
	if d.first, err = d.run(ctx); err != nil {
		return err
	}
	decision, err := d.decided(ctx, loop.Promotion)
	if err != nil {
		return err
	}
	v, err := d.version(ctx, 1)
	if err != nil {
		return err
	}
	if len(v.Signature) == 0 || len(v.Params) == 0 || len(v.SnapshotIDs) == 0 || v.Commit == "" {
		return missing("signature, params, snapshot and commit with version 1: %+v", v)
	}
	d.say("run %.12s made version %d: digest %s, accuracy %.1f %% on the hold-out", v.RunID, v.Version, v.Digest.Short(), 100*v.Metrics["accuracy"])
	e, err := d.evidence(ctx, 1)
	if err != nil {
		return err
	}
	for _, g := range e.Verdicts {
		d.say("gate %s: %s", g.Name, g.Text)
	}
	if !e.Passed {
		return missing("the gates to pass")
	}
	d.say("%s", decision.Text)
	return nil
}

func (d *Demo) serveQuietYear(ctx context.Context) error {
	days, err := sample.Days("Seattle", 2015, 2015)
	if err != nil {
		return err
	}
	t, err := d.send(ctx, "quiet", days)
	if err != nil {
		return err
	}
	d.say("%d requests, %d failed, all answered by version 1: %v", t.sent.Load(), t.failed.Load(), t.by("1") == int64(len(days)))
	list, err := d.windows(ctx, 1, 1)
	if err != nil {
		return err
	}
	d.show(list[0])
	if list[0].Status != monitor.StatusQuiet {
		return missing("a quiet year")
	}
	if err := d.label(ctx, "quiet", days); err != nil {
		return err
	}
	d.quiet, err = d.labelled(ctx, list[0].ID, len(days))
	d.showQuality(d.quiet)
	return err
}

func (d *Demo) serveNewYork(ctx context.Context) error {
	days, err := sample.Days("New York", 2012, 2014)
	if err != nil {
		return err
	}
	if _, err := d.send(ctx, "north", days); err != nil {
		return err
	}
	list, err := d.windows(ctx, 1, 4)
	if err != nil {
		return err
	}
	for _, w := range list[1:] {
		if w.Quality != nil && w.Quality.Labelled > 0 {
			return missing("no label to be in yet")
		}
		if w.Status != monitor.StatusDrift {
			return missing("drift in window %d; it is %s", w.Number, w.Status)
		}
	}
	d.before = list[len(list)-1]
	d.show(d.before)
	d.say("no label is in yet, and %d of %d windows drift", len(list)-1, len(list)-1)
	return d.alerts(ctx)
}

// alerts expects what drift must raise.
func (d *Demo) alerts(ctx context.Context) error {
	var list []monitor.Alert
	if err := d.api.Get(ctx, "/alerts", &list); err != nil {
		return err
	}
	if len(list) == 0 {
		return missing("an alert")
	}
	for _, a := range list {
		d.say("alert (%s): %s", a.Status, a.Verdict.Text)
	}
	return nil
}
