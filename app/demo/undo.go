package demo

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"rondo/app/sample"
	"rondo/backend/registry"
)

func (d *Demo) rollback(ctx context.Context) error {
	for _, to := range []struct {
		version      string
		reason, path string
		body         map[string]any
	}{
		{"1", "the demo goes back", "/models/weather/aliases/champion/rollback", map[string]any{"reason": "the demo goes back"}},
		{"2", "and forward again", "/models/weather/aliases/champion/rollback", map[string]any{"version": 2, "reason": "and forward again"}},
	} {
		var m registry.Move
		if err := d.api.Post(ctx, to.path, to.body, &m); err != nil {
			return err
		}
		if err := d.answeredBy(ctx, to.version); err != nil {
			return err
		}
	}
	var moves []registry.Move
	if err := d.api.Get(ctx, "/models/weather/history?alias=champion", &moves); err != nil {
		return err
	}
	if len(moves) < 4 {
		return missing("four moves in the history, not %d", len(moves))
	}
	for _, m := range moves {
		d.say("%s  %d → %d  by %s: %s", m.At.Local().Format(time.TimeOnly), m.From, m.To, m.By, m.Reason)
	}
	return nil
}

// answeredBy asks one day and expects a version to answer.
func (d *Demo) answeredBy(ctx context.Context, version string) error {
	days, err := sample.Days("Seattle", 2015, 2015)
	if err != nil {
		return err
	}
	got, err := d.infer(ctx, "which-"+version, days[0])
	if err == nil && got != version {
		err = missing("version %s to answer, not %s", version, got)
	}
	return err
}

func (d *Demo) reproduce(ctx context.Context) error {
	v, err := d.version(ctx, 1)
	if err != nil {
		return err
	}
	var r struct {
		ID      string `json:"id"`
		Verdict string `json:"verdict"`
		Text    string `json:"text"`
		Checks  []struct {
			What string `json:"what"`
			Same bool   `json:"same"`
		} `json:"checks"`
	}
	if err := d.api.Post(ctx, "/reproductions", map[string]any{"run_id": v.RunID}, &r); err != nil {
		return err
	}
	id := r.ID
	err = until(ctx, 3*time.Minute, "the repetition", func() (bool, error) {
		err := d.api.Get(ctx, "/reproductions/"+url.PathEscape(id), &r)
		return r.Verdict != "" && r.Verdict != "running", err
	})
	if err != nil {
		return err
	}
	for _, c := range r.Checks {
		d.say("%s: %s", c.What, map[bool]string{true: "identical", false: "DIFFERENT"}[c.Same])
	}
	if r.Verdict != "identical" {
		return missing("an identical model: %s", r.Text)
	}
	return until(ctx, 10*time.Second, "the verdict with the version", func() (bool, error) {
		v, err = d.version(ctx, 1)
		if err == nil && v.Reproduced != nil {
			d.say("stored with version 1: %s", v.Reproduced.Text)
		}
		return v.Reproduced != nil && v.Reproduced.Identical, err
	})
}

func (d *Demo) rebuild(ctx context.Context) error {
	before, err := d.dump(ctx)
	if err != nil {
		return err
	}
	if err := d.Forget(ctx); err != nil {
		return err
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	after, err := d.dump(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		return missing("the same state after the rebuild: %d bytes before, %d after", len(before), len(after))
	}
	d.say("the index was deleted; the rebuilt state equals the one before, %d bytes of it", len(after))
	return nil
}

func (d *Demo) dump(ctx context.Context) ([]byte, error) {
	res, err := d.api.Send(ctx, http.MethodGet, "/dump", nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}
