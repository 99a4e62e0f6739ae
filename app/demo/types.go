package demo

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"rondo/backend/loop"
	"rondo/backend/monitor"
	"rondo/backend/registry"
)

// execution is what the demo reads of one.
type execution struct {
	ID      string             `json:"id"`
	RunID   string             `json:"run_id"`
	State   string             `json:"state"`
	Reason  string             `json:"reason"`
	Metrics map[string]float64 `json:"metrics"`
}

// window is a monitor's window with its quality.
type window = monitor.Window

func (d *Demo) version(ctx context.Context, n int) (v registry.Version, err error) {
	err = d.api.Get(ctx, fmt.Sprintf("/models/weather/versions/%d", n), &v)
	return v, err
}

func (d *Demo) evidence(ctx context.Context, n int) (registry.Evidence, error) {
	var list []registry.Evidence
	err := d.api.Get(ctx, fmt.Sprintf("/models/weather/versions/%d/evidence", n), &list)
	if err == nil && len(list) == 0 {
		err = missing("evidence for version %d", n)
	}
	if err != nil {
		return registry.Evidence{}, err
	}
	return list[0], nil
}

// decided waits for the newest decision of a kind to come to its end.
func (d *Demo) decided(ctx context.Context, kind string) (found loop.Decision, err error) {
	err = until(ctx, 3*time.Minute, "the decision about a "+kind, func() (bool, error) {
		var list []loop.Decision
		if err := d.api.Get(ctx, "/decisions", &list); err != nil {
			return false, err
		}
		for _, one := range list {
			if one.Kind == kind {
				found = one
				return !one.Open(), nil
			}
		}
		return false, nil
	})
	if err == nil && found.State != loop.Promoted {
		err = missing("a promotion; decision %s is %s: %s", found.ID, found.State, found.Text)
	}
	return found, err
}

// windows evaluates the monitor and returns the windows of one version, oldest first.
func (d *Demo) windows(ctx context.Context, version, want int) (list []window, err error) {
	err = until(ctx, time.Minute, fmt.Sprintf("%d windows of version %d", want, version), func() (bool, error) {
		if err := d.api.Post(ctx, "/monitors/weather/evaluate", nil, nil); err != nil {
			return false, err
		}
		list, err = d.listWindows(ctx, version)
		return len(list) >= want, err
	})
	return list, err
}

func (d *Demo) listWindows(ctx context.Context, version int) (list []window, err error) {
	var all []window
	if err := d.api.Get(ctx, "/monitors/weather/windows?limit=100", &all); err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Version != version || all[i].Status == monitor.StatusTooSmall {
			continue
		}
		var w window // the list leaves out the columns
		if err := d.api.Get(ctx, "/monitors/weather/windows/"+url.PathEscape(all[i].ID), &w); err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, nil
}

// labelled waits until a window's quality is known.
func (d *Demo) labelled(ctx context.Context, id string, rows int) (w window, err error) {
	err = until(ctx, time.Minute, "the quality of the window", func() (bool, error) {
		if err := d.api.Post(ctx, "/monitors/weather/evaluate", nil, nil); err != nil {
			return false, err
		}
		err := d.api.Get(ctx, "/monitors/weather/windows/"+url.PathEscape(id), &w)
		return w.Quality != nil && w.Quality.Labelled >= rows, err
	})
	return w, err
}

// show prints what a window saw, column by column: quiet or not, with effect sizes.
func (d *Demo) show(w window) {
	d.say("window %d, version %d: %s (%d rows)", w.Number, w.Version, w.Verdict.Text, w.Rows)
	for _, c := range w.Columns {
		mark := "quiet"
		if c.Drifted {
			mark = "DRIFT"
		}
		d.say("  %-12s %s, p %.2g after correction: %s", c.Name, effect(c), c.PAdjusted, mark)
	}
}

// effect is the size of the difference by the first measure that is judged.
func effect(c monitor.Column) string {
	for _, e := range c.Effects {
		if e.Threshold > 0 {
			return fmt.Sprintf("%s %.2f (threshold %.2f)", e.Measure, e.Value, e.Threshold)
		}
	}
	return fmt.Sprintf("%s %.2f", c.Test, c.Statistic)
}

func (d *Demo) showQuality(w window) {
	if q := w.Quality; q != nil {
		d.say("  right on %.1f %% of %d labelled days", 100*q.Metrics["accuracy"], q.Labelled)
	}
}
