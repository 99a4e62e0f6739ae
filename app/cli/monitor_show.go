package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/monitor"
)

func monitorShow(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	id, err := c.windowID(ctx)
	if errs.Is(err, errs.NotFound) && len(c.args) == 1 {
		var m monitor.Monitor
		return c.fetch(ctx, monitorPath(c.args[0]), &m, func() error { c.say("%s", m.Verdict.Text); return nil })
	}
	if err != nil {
		return err
	}
	var w monitor.Window
	return c.fetch(ctx, monitorPath(c.args[0], "windows", id), &w, func() error { c.showMonitorWindow(w); return nil })
}

func (c *call) showMonitorWindow(w monitor.Window) {
	c.say("Window %d of %s: %s version %d, %s to %s, %s against %d", w.Number, w.Monitor, w.Model, w.Version, when(w.From), when(w.To), counted(int64(w.Rows), "row"), w.BaselineRows)
	c.say("%s\n", w.Verdict.Text)
	rows := [][]string{{"COLUMN", "MEASURE", "EFFECT", "THRESHOLD", "ADJUSTED P", "VERDICT"}}
	for _, b := range w.Brief {
		verdict := "quiet"
		switch {
		case w.Status == monitor.StatusTooSmall:
			verdict = "not enough data"
		case b.Drifted:
			verdict = "drifted"
		}
		rows = append(rows, []string{b.Name, b.Measure, fmt.Sprintf("%.3f", b.Effect), fmt.Sprint(b.Threshold), chanceWords(b.PAdjusted), verdict})
	}
	c.table(rows)
	for _, col := range w.Columns {
		for _, k := range col.Checks {
			if k.Failed {
				c.say("%s: %s: %.1f %% in training, %.1f %% in the window", col.Name, strings.ReplaceAll(k.Code, "_", " "), 100*k.Baseline, 100*k.Window)
			}
		}
	}
	if w.Quality != nil {
		c.say("\nQuality: %s", w.Quality.Verdict.Text)
	}
}

func chanceWords(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

const maxReport = 64 << 20

func monitorReport(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	id, err := c.windowID(ctx)
	if err != nil {
		return err
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	res, err := api.Send(ctx, http.MethodGet, monitorPath(c.args[0], "windows", id, "report"), nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxReport))
	if err != nil {
		return errs.New(errs.Unavailable, "the report broke off: %w", err).WithHint("try again")
	}
	path := c.value("o")
	if path == "-" {
		_, err := c.Stdout.Write(b)
		return err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Dir, path)
	}
	if err := atomicfile.WriteFile(path, b, 0o644); err != nil {
		return errs.New(errs.Unavailable, "cannot write %s: %w", path, err).WithHint("name another file with -o")
	}
	c.say("Wrote %s.", path)
	return nil
}
