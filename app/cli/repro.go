package cli

import (
	"context"
	"flag"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
)

var pipelineVerbs = []verb{
	{
		name: "repro", args: "[STAGE…]", short: "run the stages that changed, and say why", flags: reproFlags, run: repro,
		long: `
Runs every stage whose command, deps, params or outs are not those of rondo.lock,
each after what it needs. STAGE limits it to some stages and what they need.

  rondo repro
  rondo repro -S train.l2=0.1 -S train.max_iter=500
  rondo repro --dry            only say what would run`,
	},
	{name: "status", short: "show which stages are stale, and why", run: func(ctx context.Context, c *call) error { return status(ctx, c) }},
	{name: "stage list", short: "list the stages with what they read and write", run: stageList},
	{name: "dag", short: "draw how the stages hang together", run: dag},
	{
		name: "reproduce", args: "RUN", short: "repeat an execution from its record and compare bit by bit", run: reproduce,
		long: `
Brings back the code, data and params of an execution into a fresh folder, runs
every stage again and compares all outs. The verdict is kept, also with the model
version that came out of the run.

  rondo reproduce 1f0c2d…`,
	},
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func reproFlags(f *flag.FlagSet) {
	f.Var(&list{}, "S", "set a param first, as `KEY=VALUE`; may be given several times")
	f.Bool("force", false, "run all stages, changed or not")
	f.Bool("dry", false, "only say what would run")
}

func repro(ctx context.Context, c *call) error {
	if c.value("dry") == "true" {
		return status(ctx, c)
	}
	in := pipeline.Request{Stages: c.args, Force: c.value("force") == "true", Params: map[string]string{}}
	for _, pair := range *c.flags.Lookup("S").Value.(*list) {
		k, v, ok := strings.Cut(pair, "=")
		if !ok {
			return errs.New(errs.Invalid, "-S %q is not KEY=VALUE", pair).WithHint("write it as -S train.l2=0.1")
		}
		in.Params[k] = v
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var e pipeline.Execution
	if err := api.Do(ctx, http.MethodPost, "/executions", in, &e); err != nil {
		return err
	}
	for e.State == pipeline.Running {
		if err := pause(ctx); err != nil {
			return err
		}
		if err := api.Get(ctx, "/executions/"+url.PathEscape(e.ID), &e); err != nil {
			return err
		}
	}
	if c.json {
		return c.print(e)
	}
	return c.execution(e)
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(200 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *call) execution(e pipeline.Execution) error {
	for _, s := range e.Stages {
		why := strings.Join(s.Reasons, "; ")
		if s.Error != "" {
			why = s.Error
		}
		if s.State == pipeline.Skipped {
			why = "nothing it depends on has changed"
		}
		c.say("  %-10s %-8s %6.1f s  %s", s.Name, s.State, s.EndedAt.Sub(s.StartedAt).Seconds(), why)
	}
	if len(e.Metrics) > 0 {
		c.say("  %s", figures(e.Metrics, 8))
	}
	if e.State != pipeline.Finished {
		return errs.New(errs.Precondition, "execution %s %s: %s", e.ID, e.State, e.Reason).WithHint("its output: rondo runs log %s", e.ID)
	}
	c.say("Execution %s finished.", e.ID)
	return nil
}

func status(ctx context.Context, c *call) error {
	var v pipeline.View
	return c.fetch(ctx, "/pipeline", &v, func() error {
		if v.Problem != "" {
			return errs.New(errs.Invalid, "%s", v.Problem)
		}
		if len(v.Stages) == 0 {
			c.say("rondo.yaml declares no stages yet.")
			return nil
		}
		stale := 0
		for _, s := range v.Stages {
			c.say("  %-10s %s", s.Name, s.State)
			for _, why := range s.Reasons {
				c.say("             %s", why)
			}
			if s.State == pipeline.Stale {
				stale++
			}
		}
		if stale > 0 {
			c.say("%d of %d stages would run: rondo repro", stale, len(v.Stages))
		} else {
			c.say("Everything is up to date.")
		}
		return nil
	})
}

func stageList(ctx context.Context, c *call) error {
	var v pipeline.View
	return c.fetch(ctx, "/pipeline", &v, func() error {
		rows := [][]string{{"STAGE", "READS", "WRITES", "COMMAND"}}
		for _, s := range v.Stages {
			writes := append(append(append([]string{}, s.Outs...), s.Metrics...), s.Plots...)
			rows = append(rows, []string{s.Name, strings.Join(s.Deps, " "), strings.Join(writes, " "), strings.Join(s.Cmd, " && ")})
		}
		c.table(rows)
		return nil
	})
}

// dag draws one line per stage: what it needs, and the stage.
func dag(ctx context.Context, c *call) error {
	var v pipeline.View
	return c.fetch(ctx, "/pipeline", &v, func() error {
		depth := map[string]int{}
		for _, s := range v.Stages {
			for _, up := range s.Upstream {
				depth[s.Name] = max(depth[s.Name], depth[up]+1)
			}
			line := strings.Repeat("      ", depth[s.Name])
			if len(s.Upstream) > 0 {
				line = line[2:] + "└ "
			}
			c.say("%s%s%s", line, s.Name, after(s.Upstream))
		}
		return nil
	})
}

func after(upstream []string) string {
	if len(upstream) == 0 {
		return ""
	}
	return "   ← " + strings.Join(upstream, ", ")
}

func reproduce(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var r pipeline.Reproduction
	if err := api.Post(ctx, "/reproductions", map[string]any{"run_id": c.args[0]}, &r); err != nil {
		return err
	}
	for r.Verdict == pipeline.Running {
		if err := pause(ctx); err != nil {
			return err
		}
		if err := api.Get(ctx, "/reproductions/"+url.PathEscape(r.ID), &r); err != nil {
			return err
		}
	}
	if c.json {
		return c.print(r)
	}
	for _, k := range r.Checks {
		c.say("  %-9s %s", map[bool]string{true: "same", false: "DIFFERENT"}[k.Same], k.What)
	}
	if r.Verdict != pipeline.Identical {
		return errs.New(errs.Precondition, "%s", r.Text)
	}
	c.say("Identical: %s.", r.Text)
	return nil
}
