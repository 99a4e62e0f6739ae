package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rondo/app/client"
	"rondo/backend/errs"
	"rondo/backend/pipeline"
)

var pipelineVerbs = []verb{
	{
		name: "repro", of: "/pipeline", args: "[STAGE…]", short: "run the stages that changed, and say why", flags: reproFlags, run: repro,
		long: `
Runs every stage whose command, deps, params or outs are not those of rondo.lock,
each after what it needs. STAGE limits it to some stages and what they need. Ctrl-C
stops the stages; what had ended stays done.

  rondo repro
  rondo repro -S train.l2=0.1 -S train.max_iter=500
  rondo repro --dry            only say what would run`,
	},
	{name: "status", of: "/pipeline", args: "[STAGE…]", short: "show which stages are stale, and why", run: status},
	{name: "stage list", short: "list the stages with what they read and write", run: stageList},
	{name: "dag", short: "draw how the stages hang together", run: dag},
	{
		name: "reproduce", args: "RUN | MODEL/VERSION | latest", short: "repeat an execution from its record and compare bit by bit", flags: reproduceFlags, run: reproduce,
		long: `
Brings back the code, data and params of an execution into a fresh folder, runs
every stage again and compares all outs. The verdict is kept, also with the model
version that came out of the run.

  rondo reproduce weather/1          the run that made version 1
  rondo reproduce latest
  rondo reproduce 1f0c2d             the beginning of an id is enough, where it is the only one
  rondo reproduce --keep 1f0c2d…     leave the folder, to look at what came out`,
	},
}

// params is a flag that may be given several times.
type params map[string]string

func (p *params) String() string { return "" }

func (p *params) Set(s string) error {
	k, v, ok := strings.Cut(s, "=")
	if !ok || k == "" {
		return errs.New(errs.Invalid, "%q is not KEY=VALUE", s).WithHint("write it as -S train.l2=0.1")
	}
	if *p == nil {
		*p = params{}
	}
	(*p)[k] = v
	return nil
}

func reproFlags(f *flag.FlagSet) {
	f.Var(&params{}, "S", "set a param first, as `KEY=VALUE`; may be given several times")
	f.String("name", "", "the execution's `name`")
	f.Bool("force", false, "run all stages, changed or not")
	f.Bool("dry", false, "only say what would run")
}

func repro(ctx context.Context, c *call) error {
	set, _ := c.flags.Lookup("S").Value.(*params)
	in := pipeline.Request{Stages: c.args, Force: c.isSet("force"), Params: *set, Name: c.value("name")}
	if c.isSet("dry") {
		return c.dry(ctx, in)
	}
	in.Env = environMap()
	e, err := c.carryOut(ctx, in)
	if err != nil {
		return err
	}
	if c.json {
		return cmp.Or(c.settleModels(ctx, e), c.printEnded(e, codeOfExecution(e.State)))
	}
	return cmp.Or(c.execution(e), c.settleModels(ctx, e))
}

// settleModels waits for what becomes of the models of an execution that ended well.
func (c *call) settleModels(ctx context.Context, e pipeline.Execution) error {
	if e.State != pipeline.Finished {
		return nil
	}
	server, err := c.api(ctx)
	if err != nil {
		return err
	}
	return c.awaitModels(ctx, server, e)
}

// codeOfExecution is how the program ends where an execution has ended in a state.
func codeOfExecution(state string) int {
	switch state {
	case pipeline.Finished:
		return exitOK
	case pipeline.Killed:
		return exitInterrupted
	}
	return exitState
}

// printEnded writes as JSON what has ended, and ends with the code that it would have without --json.
func (c *call) printEnded(v any, code int) error {
	if err := c.print(v); err != nil || code == exitOK {
		return err
	}
	return exitWith(code)
}

// reproOnly runs the stages that the arguments name, with what they need.
func (c *call) reproOnly(ctx context.Context) error {
	e, err := c.carryOut(ctx, pipeline.Request{Stages: c.args, Env: environMap()})
	if err != nil {
		return err
	}
	return c.execution(e)
}

// carryOut begins an execution and follows it to its end.
func (c *call) carryOut(ctx context.Context, in pipeline.Request) (e pipeline.Execution, err error) {
	server, err := c.api(ctx)
	if err != nil {
		return e, err
	}
	if err := server.Post(ctx, "/executions", in, &e); err != nil {
		return e, err
	}
	get := func(ctx context.Context) (bool, error) {
		var now pipeline.Execution
		err := server.Get(ctx, "/executions/"+url.PathEscape(e.ID), &now)
		e = now
		return e.State != pipeline.Running, err
	}
	return e, c.watch(ctx, server, e.RunID, get)
}

// watch shows the output of a run until it and what becomes of it are over. Ctrl-C
// stops the run, not the watching; the second one leaves both alone.
func (c *call) watch(ctx context.Context, server *client.Client, id string, over func(context.Context) (bool, error)) error {
	quiet, asked := context.WithoutCancel(ctx), false
	w := watcher{follower: follower{c: c, server: server, id: id, at: map[string]int64{}}, over: over, last: time.Now()}
	for wait := new(pace); ; {
		if done, err := w.look(quiet); done || err != nil {
			return err
		}
		if wait.pause(ctx, asked) == nil {
			continue
		}
		asked = true
		fmt.Fprintln(c.Stderr, "rondo: stopping the stages; press Ctrl-C again to leave them alone")
		if err := server.Post(quiet, "/runs/"+url.PathEscape(id)+"/stop", nil, nil); err != nil && !errs.Is(err, errs.Precondition) {
			return err
		}
	}
}

// watcher asks what becomes of a run once its output has ended: the answer is long while
// there are many stages.
type watcher struct {
	follower
	over func(context.Context) (bool, error)
	last time.Time // when it was asked
}

const askEvery = time.Second // also while there is output: a run may be given up without any

func (w *watcher) look(ctx context.Context) (done bool, err error) {
	ended := true
	if !w.c.json {
		if ended, err = w.follower.look(ctx); err != nil {
			return false, err
		}
	}
	if !ended && time.Since(w.last) < askEvery {
		return false, nil
	}
	w.last = time.Now()
	done, err = w.over(ctx)
	if done && err == nil && !ended {
		_, err = w.follower.look(ctx) // what was written meanwhile
	}
	return done, err
}

func (c *call) execution(e pipeline.Execution) error {
	rows := [][]string{{"STAGE", "STATE", "TOOK", "WHY"}}
	for _, s := range e.Stages {
		why := strings.Join(s.Reasons, "; ")
		if s.Error != "" {
			why = s.Error
		}
		if s.State == pipeline.Skipped {
			why = "nothing it depends on has changed"
		}
		rows = append(rows, []string{s.Name, s.State, stageTook(s), why})
	}
	c.table(rows)
	if len(e.Metrics) > 0 {
		c.say("  %s", fewMetrics(e.Metrics, 8))
	}
	if code := codeOfExecution(e.State); code != exitOK {
		c.complain(errs.New(errs.Precondition, "execution %s %s: %s", short(e.ID), e.State, e.Reason).WithHint("its output: rondo runs log %s", short(e.ID)))
		return exitWith(code)
	}
	c.say("Execution %s finished.", e.ID)
	return nil
}

func stageTook(s pipeline.StageResult) string {
	if s.StartedAt.IsZero() || s.EndedAt.IsZero() {
		return "–"
	}
	return s.EndedAt.Sub(s.StartedAt).Round(10 * time.Millisecond).String()
}

func status(ctx context.Context, c *call) error {
	v, err := c.preview(ctx, pipeline.Request{Stages: c.args})
	if err == nil && v.Blocked != "" && !c.json {
		c.say("No stage may run: %s", v.Blocked)
	}
	return err
}

// dry says what would run, and ends as repro does where nothing may.
func (c *call) dry(ctx context.Context, in pipeline.Request) error {
	v, err := c.preview(ctx, in)
	if err == nil && v.Blocked != "" {
		return errs.New(errs.Conflict, "no stage may run: %s", v.Blocked)
	}
	return err
}

func (c *call) preview(ctx context.Context, in pipeline.Request) (v pipeline.View, err error) {
	err = c.act(ctx, http.MethodPost, "/pipeline/preview", in, &v, func() error {
		c.sayStages(v, in)
		return nil
	})
	return v, err
}

func (c *call) sayStages(v pipeline.View, in pipeline.Request) {
	if len(v.Stages) == 0 {
		c.sayNoStages()
		return
	}
	stale := 0
	for _, s := range v.Stages {
		c.say("  %-12s %s", s.Name, s.State)
		for _, why := range s.Reasons {
			c.say("               %s", why)
		}
		if s.State == pipeline.Stale {
			stale++
		}
	}
	switch {
	case v.Blocked != "": // the last word is the caller's
	case stale > 0:
		verb := "rondo repro"
		if in.Experiment != nil {
			verb = "rondo exps run"
		}
		c.say("%d of %s would run: %s", stale, counted(int64(len(v.Stages)), "stage"), verb)
	default:
		c.say("Everything is up to date.")
	}
}
