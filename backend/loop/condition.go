package loop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// condition says whether what the trigger waits for is so, and fills in the cause.
func (s *Service) condition(ctx context.Context, t *Trigger, past []Decision) (due bool, err error) {
	t.State = Waiting
	switch t.On {
	case "schedule":
		return s.schedule(ctx, t, past)
	case "data":
		due, err = s.newData(ctx, t, past)
	case "drift":
		due, err = s.sustained(ctx, t, past, func(w Window) []string { return w.Drifted }, "drift")
	case "quality":
		due, err = s.sustained(ctx, t, past, func(w Window) []string { return w.Bad }, "quality out of bounds")
	default:
		t.State, t.Text = Manual, "fires by hand: rondo trigger fire "+t.Name
		return false, nil
	}
	if err != nil || !due {
		return false, err
	}
	return s.labelled(ctx, t)
}

// newData is due when the newest snapshot is one that nothing has trained on.
func (s *Service) newData(ctx context.Context, t *Trigger, past []Decision) (bool, error) {
	list, err := s.opts.Datasets.Snapshots(ctx, t.Dataset)
	if err != nil {
		return false, err
	}
	if len(list) == 0 {
		t.Text = fmt.Sprintf("%s has no snapshot yet", t.Dataset)
		return false, nil
	}
	newest := list[0]
	t.Text = fmt.Sprintf("%s version %d is the newest", t.Dataset, newest.Number)
	for _, d := range past {
		if d.Cause.Snapshot == newest.ID {
			return false, nil
		}
	}
	versions, err := s.opts.Registry.Versions(ctx, t.Model)
	for _, v := range versions {
		if slices.Contains(v.SnapshotIDs, newest.ID) {
			t.Text += ", and a version was trained on it"
			return false, err
		}
	}
	t.cause = Cause{Text: fmt.Sprintf("%s version %d is new", t.Dataset, newest.Number), Snapshot: newest.ID}
	return newest.Decision == "", err
}

// sustained is due when the newest windows of the live version all show what is
// looked for, and the newest of them has not been acted on before.
func (s *Service) sustained(ctx context.Context, t *Trigger, past []Decision, bad func(Window) []string, what string) (bool, error) {
	want := max(t.Windows, 1)
	list, err := s.opts.Monitors.Windows(ctx, t.Monitor, want)
	if err != nil {
		return false, err
	}
	t.cause = Cause{Monitor: t.Monitor}
	for _, w := range list {
		columns := bad(w)
		if len(columns) == 0 {
			break
		}
		t.cause.Windows, t.since = append(t.cause.Windows, w.ID), w.From
		for _, c := range columns {
			if !slices.Contains(t.cause.Columns, c) {
				t.cause.Columns = append(t.cause.Columns, c)
			}
		}
	}
	have := len(t.cause.Windows)
	t.Text = fmt.Sprintf("%s in %d of the last %d windows it asks for", what, have, want)
	if have < want {
		return false, nil
	}
	for _, d := range past {
		if slices.Contains(d.Cause.Windows, t.cause.Windows[0]) {
			t.Text = what + " goes on, and the newest window has been acted on"
			return false, nil
		}
	}
	t.cause.Text = fmt.Sprintf("%s for %d windows in a row: %s", what, have, strings.Join(t.cause.Columns, ", "))
	return true, nil
}

// labelled checks that as many newly labelled predictions are there as the trigger
// requires. Where windows are the cause, those in them and after count: labels of
// what came before teach nothing about what has changed.
func (s *Service) labelled(ctx context.Context, t *Trigger) (bool, error) {
	if t.Require.Labelled == 0 {
		return true, nil
	}
	m, err := s.model(t.Model)
	if err != nil {
		return false, err
	}
	set := s.opts.File().Datasets[m.Dataset]
	if set.Feedback == nil {
		return false, errs.New(errs.Precondition, "it requires labelled rows, and dataset %q declares no feedback", m.Dataset).
			WithHint("add feedback: to the dataset in rondo.yaml")
	}
	fresh, err := s.fresh(ctx, m.Dataset, set.Feedback.Endpoint)
	if err != nil {
		return false, err
	}
	for _, c := range fresh {
		if !c.Time.Before(t.since) {
			t.cause.Labelled++
		}
	}
	if t.cause.Labelled < t.Require.Labelled {
		t.Text += fmt.Sprintf("; %d of %d labelled predictions are there", t.cause.Labelled, t.Require.Labelled)
		return false, nil
	}
	return true, nil
}
