package cli

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/monitor"
)

var monitorVerbs = []verb{
	{name: "monitor list", short: "list the monitors and what they saw last", run: monitorList},
	{name: "monitor show", of: "/monitors", args: "MONITOR [WINDOW]", short: "show a monitor's newest window, or another by its number, column by column", run: monitorShow},
	{
		name: "monitor evaluate", of: "/monitors", args: "[MONITOR]", short: "compute the windows that are due, now",
		long: "The server does so by itself; this waits for it and prints what it found.", run: monitorEvaluate,
	},
	{name: "monitor windows", of: "/monitors", args: "MONITOR", short: "list a monitor's windows, newest first", flags: limitFlag, run: monitorWindows},
	{
		name: "monitor report", of: "/monitors", args: "MONITOR [WINDOW]", short: "write a window as one HTML page that stands alone",
		long:  "  rondo monitor report weather -o report.html\n  rondo monitor report weather 3 -o -",
		flags: func(f *flag.FlagSet) { f.String("o", "report.html", "the `FILE` to write; - prints it") }, run: monitorReport,
	},
}

func limitFlag(f *flag.FlagSet) { f.Int("limit", 20, "at most `N`") }
func monitorPath(name string, rest ...string) string {
	path := "/monitors/" + url.PathEscape(name)
	for _, r := range rest {
		path += "/" + url.PathEscape(r)
	}
	return path
}

func monitorList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var list []monitor.Monitor
	return c.fetch(ctx, "/monitors", &list, func() error {
		if len(list) == 0 {
			c.say("No monitors yet. Declare one under monitors: in rondo.yaml.")
			return nil
		}
		rows := [][]string{{"MONITOR", "ENDPOINT", "VERSION", "WINDOWS", "ALERTS", "SAYS"}}
		for _, m := range list {
			version := "–"
			if m.Live != nil {
				version = strconv.Itoa(m.Live.Version)
			}
			rows = append(rows, []string{m.Name, m.Endpoint, version, strconv.Itoa(m.Windows), strconv.Itoa(m.OpenAlerts), m.Verdict.Text})
		}
		c.table(rows)
		return nil
	})
}

func monitorWindows(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var list []monitor.Window
	return c.fetch(ctx, monitorPath(c.args[0], "windows")+"?limit="+url.QueryEscape(c.value("limit")), &list, func() error {
		if len(list) == 0 {
			c.say("No window yet. `rondo monitor show %s` says what it waits for.", c.args[0])
			return nil
		}
		rows := [][]string{{"WINDOW", "TO", "VERSION", "ROWS", "STATUS", "QUALITY", "SAYS"}}
		for _, w := range list {
			rows = append(rows, []string{
				strconv.Itoa(w.Number), when(w.To), strconv.Itoa(w.Version), strconv.Itoa(w.Rows), w.Status, qualityWords(w.Quality), w.Verdict.Text,
			})
		}
		c.table(rows)
		return nil
	})
}

func qualityWords(q *monitor.Quality) string {
	if q == nil {
		return "–"
	}
	for _, name := range []string{"accuracy", "mae"} {
		if v, ok := q.Metrics[name]; ok {
			return fmt.Sprintf("%s %.3f", name, v)
		}
	}
	return q.Status
}

// windowID finds the window that the arguments name: the newest one, or one by number.
func (c *call) windowID(ctx context.Context) (string, error) {
	api, err := c.api(ctx)
	if err != nil {
		return "", err
	}
	query := "?limit=1"
	number := 0
	if len(c.args) == 2 {
		if number, err = strconv.Atoi(c.args[1]); err != nil || number < 1 {
			return "", errs.New(errs.Invalid, "%q is no window's number", c.args[1]).WithHint("`rondo monitor windows %s` lists them", c.args[0])
		}
		query += "&before=" + strconv.Itoa(number+1)
	}
	var list []monitor.Window
	if err := api.Get(ctx, monitorPath(c.args[0], "windows")+query, &list); err != nil {
		return "", err
	}
	if len(list) == 0 || number > 0 && list[0].Number != number {
		return "", errs.New(errs.NotFound, "monitor %s has no such window yet", c.args[0]).WithHint("`rondo monitor list` says what it waits for")
	}
	return list[0].ID, nil
}

func monitorEvaluate(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	names := c.args
	if len(names) == 0 {
		var list []monitor.Monitor
		if err := api.Get(ctx, "/monitors", &list); err != nil {
			return err
		}
		for _, m := range list {
			names = append(names, m.Name)
		}
	}
	return ofEach(ctx, c, names, func(name string) (e monitor.Evaluation, err error) {
		err = api.Post(ctx, monitorPath(name, "evaluate"), struct{}{}, &e)
		return e, err
	}, c.showEvaluation)
}

func (c *call) showEvaluation(e monitor.Evaluation) {
	if len(e.Windows)+len(e.Quality)+len(e.Alerts) == 0 {
		c.say("%s: nothing new; %s for a full window.", e.Monitor, counts(int64(e.Pending), "answer", "waits", "wait"))
		return
	}
	for _, w := range e.Windows {
		c.say("%s: window %d: %s", e.Monitor, w.Number, w.Verdict.Text)
	}
	for _, q := range e.Quality {
		c.say("%s: quality: %s", e.Monitor, q.Verdict.Text)
	}
	for _, a := range e.Alerts {
		c.say("%s: alert %s %s: %s", e.Monitor, a.ID, a.Status, a.Verdict.Text)
	}
}
