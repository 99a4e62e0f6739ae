package cli

import (
	"context"
	"flag"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/run"
)

var runsVerbs = []verb{
	{
		name: "runs", short: "list runs, newest first",
		long: "The filter is MLflow's.\n\n  rondo runs --filter \"metrics.accuracy > 0.8 AND params.model = 'logistic'\" --order \"metrics.accuracy DESC\"",
		flags: func(f *flag.FlagSet) {
			f.String("experiment", "", "of these `experiments`, by name or id, with commas between them")
			f.String("filter", "", "that fit this `filter`")
			f.String("order", "", "sorted by these `keys`, with commas between them")
			f.Int("limit", 20, "at most `N`")
			f.Bool("deleted", false, "deleted ones")
		},
		run: runsList,
	},
	{name: "runs show", args: "RUN", short: "show one run", run: runsShow},
	{
		name: "runs log", args: "RUN", short: "print what a run has printed, and what it goes on to print",
		flags: func(f *flag.FlagSet) { f.Bool("once", false, "do not follow a run that still runs") }, run: runsLog,
	},
	{
		name: "runs stop", args: "RUN", short: "stop a run: INT, then TERM, then KILL for all of its processes",
		run: func(ctx context.Context, c *call) error {
			return runsAct(ctx, c, http.MethodPost, "/stop", "is being stopped")
		},
	},
	{
		name: "runs compare", args: "RUN RUN…", short: "show what differs between runs",
		flags: func(f *flag.FlagSet) { f.Bool("all", false, "what is the same as well") }, run: runsCompare,
	},
	{
		name: "runs delete", args: "RUN", short: "put a run away",
		run: func(ctx context.Context, c *call) error {
			return runsAct(ctx, c, http.MethodDelete, "", "is deleted; `rondo runs restore` takes that back")
		},
	},
	{
		name: "runs restore", args: "RUN", short: "take a delete back",
		run: func(ctx context.Context, c *call) error {
			return runsAct(ctx, c, http.MethodPost, "/restore", "is back")
		},
	},
	{name: "runs queue", short: "show what runs now and what waits", run: runsQueue},
}

func runsList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	q := url.Values{"limit": {c.value("limit")}}
	for flag, name := range map[string]string{"experiment": "experiment", "filter": "filter", "order": "order_by"} {
		if v := c.value(flag); v != "" {
			q.Set(name, v)
		}
	}
	if c.on("deleted") {
		q.Set("view", "deleted")
	}
	var page api.RunPage
	return c.fetch(ctx, "/runs?"+q.Encode(), &page, func() error {
		if len(page.Runs) == 0 {
			c.say("No runs fit. `rondo run -- COMMAND` makes one.")
			return nil
		}
		c.runTable(page.Runs)
		if more := page.Total - len(page.Runs); more > 0 {
			c.say("%d more; --limit shows them.", more)
		}
		return nil
	})
}

func (c *call) runTable(list []run.Run) {
	rows := [][]string{{"RUN", "NAME", "STATUS", "STARTED", "TOOK", "METRICS"}}
	for _, r := range list {
		rows = append(rows, []string{short(r.ID), r.Name, strings.ToLower(r.Status), when(r.StartedAt), runTook(r), metricWords(r, 3)})
	}
	c.table(rows)
}

func runTook(r run.Run) string {
	if r.EndedAt.IsZero() || r.StartedAt.IsZero() {
		return ""
	}
	return r.EndedAt.Sub(r.StartedAt).Round(100 * time.Millisecond).String()
}

// runID finds the run that a person means: an id, the beginning of one, or a name.
func (c *call) runID(ctx context.Context, word string) (string, error) {
	server, err := c.api(ctx)
	if err != nil {
		return "", err
	}
	var r run.Run
	if err := server.Get(ctx, "/runs/"+url.PathEscape(word), &r); !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) {
		return r.ID, err
	}
	for _, filter := range []string{"attributes.run_id LIKE " + filterText(word+"%"), "attributes.run_name = " + filterText(word)} {
		var page api.RunPage
		if err := server.Get(ctx, "/runs?view=all&limit=2&filter="+url.QueryEscape(filter), &page); err != nil {
			return "", err
		}
		if len(page.Runs) == 1 {
			return page.Runs[0].ID, nil
		}
		if page.Total > 1 {
			return "", errs.New(errs.Conflict, "%d runs are called %q", page.Total, word).WithHint("give more of the id; `rondo runs` shows it")
		}
	}
	return "", errs.New(errs.NotFound, "there is no run %q", word).WithHint("`rondo runs` lists the runs there are")
}

func filterText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (c *call) oneRun(ctx context.Context) (string, error) {
	if err := c.want(1, 1); err != nil {
		return "", err
	}
	id, err := c.runID(ctx, c.args[0])
	return "/runs/" + url.PathEscape(id), err
}

func runsAct(ctx context.Context, c *call, method, what, words string) error {
	path, err := c.oneRun(ctx)
	if err != nil {
		return err
	}
	var ignored any
	return c.act(ctx, method, path+what, nil, &ignored, func() error {
		c.say("Run %s %s.", c.args[0], words)
		return nil
	})
}

func runsShow(ctx context.Context, c *call) error {
	path, err := c.oneRun(ctx)
	if err != nil {
		return err
	}
	var r run.Run
	return c.fetch(ctx, path, &r, func() error {
		c.run(r)
		return nil
	})
}

func (c *call) run(r run.Run) {
	rows := [][]string{{"run", r.ID}, {"name", r.Name}, {"status", strings.ToLower(r.Status)}}
	for _, p := range [][]string{{"why", r.Reason}, {"kind", r.Kind}, {"by", r.User}, {"parent", r.ParentID}, {"started", when(r.StartedAt)}, {"took", runTook(r)}} {
		if p[1] != "" {
			rows = append(rows, p)
		}
	}
	for _, in := range r.Inputs {
		rows = append(rows, []string{"data", in.Name + " " + short(in.Digest)})
	}
	c.table(rows)
	c.section("PARAM", r.Params)
	if len(r.Metrics) > 0 {
		rows := [][]string{{"METRIC", "LAST", "MIN", "MAX", "STEP", "POINTS"}}
		for _, k := range slices.Sorted(maps.Keys(r.Metrics)) {
			m := r.Metrics[k]
			rows = append(rows, []string{k, number(m.Value), number(m.Min), number(m.Max), strconv.FormatInt(m.Step, 10), strconv.FormatInt(m.Count, 10)})
		}
		c.say("")
		c.table(rows)
	}
	c.section("TAG", r.Tags)
}

func number(f run.Float) string { return strconv.FormatFloat(float64(f), 'g', 6, 64) }

func (c *call) section(title string, pairs map[string]string) {
	if len(pairs) == 0 {
		return
	}
	rows := [][]string{{title, "VALUE"}}
	for _, k := range slices.Sorted(maps.Keys(pairs)) {
		rows = append(rows, []string{k, oneLine(pairs[k])})
	}
	c.say("")
	c.table(rows)
}

// oneLine keeps a table a table.
func oneLine(s string) string {
	line, _, more := strings.Cut(s, "\n")
	if r := []rune(line); len(r) > 100 {
		line, more = string(r[:100]), true
	}
	if more {
		line += "…"
	}
	return line
}

func runsLog(ctx context.Context, c *call) error {
	if c.json {
		return errs.New(errs.Invalid, "a log is printed as it was written, and not as JSON").WithHint("leave --json out; `rondo runs show RUN --json` tells of the run")
	}
	path, err := c.oneRun(ctx)
	if err != nil {
		return err
	}
	server, err := c.api(ctx)
	if err != nil {
		return err
	}
	f := follower{c: c, server: server, id: strings.TrimPrefix(path, "/runs/"), at: map[string]int64{}}
	for wait := new(pace); ; {
		over, err := f.look(ctx)
		if err != nil || over || c.on("once") {
			return err
		}
		if err := wait.pause(ctx, false); err != nil {
			return err
		}
	}
}

func runsCompare(ctx context.Context, c *call) error {
	if err := c.want(2, -1); err != nil {
		return err
	}
	ids := make([]string, len(c.args))
	for i, word := range c.args {
		id, err := c.runID(ctx, word)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	var out run.Comparison
	return c.fetch(ctx, "/runs/compare?ids="+url.QueryEscape(strings.Join(ids, ",")), &out, func() error {
		c.comparison(out)
		return nil
	})
}

func (c *call) comparison(out run.Comparison) {
	head := []string{"", ""}
	for _, r := range out.Runs {
		head = append(head, r.Name)
	}
	rows := [][]string{head}
	for _, row := range out.Rows {
		if row.Same && !c.on("all") {
			continue
		}
		line := []string{row.Group, row.Key}
		for _, v := range row.Values {
			if v == nil {
				line = append(line, "-")
			} else {
				line = append(line, oneLine(*v))
			}
		}
		rows = append(rows, line)
	}
	c.table(rows)
	if len(rows) == 1 {
		c.say("Nothing differs.")
	}
}

func runsQueue(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var q struct {
		Parallel         int
		Running, Waiting []run.Run
	}
	return c.fetch(ctx, "/queue", &q, func() error {
		c.say("%d of %s taken, %s.", len(q.Running), counts(int64(q.Parallel), "place", "is", "are"), counts(int64(len(q.Waiting)), "run", "waits", "wait"))
		if all := append(q.Running, q.Waiting...); len(all) > 0 {
			c.runTable(all)
		}
		return nil
	})
}
