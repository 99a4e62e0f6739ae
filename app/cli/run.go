package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"rondo/app/client"
	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/proc"
	"rondo/backend/run"
	"rondo/backend/run/launch"
)

var runVerbs = []verb{
	{
		name: "run", args: "[--] COMMAND…", short: "run a command as a recorded run and follow its output",
		long: "The run goes on when this command or the server ends. Ctrl-C stops it: INT, then TERM,\nthen KILL for all of its processes. The exit code is the command's.\n\n" +
			"  rondo run -- python train.py --epochs 3\n  rondo run --name small --experiment weather -P lr=0.1 --detach -- python train.py",
		flags: func(f *flag.FlagSet) {
			f.String("name", "", "the run's `name`; made up if empty")
			f.String("experiment", "", "the `experiment` it belongs to, made if need be")
			f.Var(&paramList{}, "P", "a param as `key=value`; may be repeated; the command sees it as RONDO_PARAM_KEY")
			f.Bool("detach", false, "do not wait: print the run's id and return")
		},
		run: runCommand,
	},
}

// paramList collects -P key=value.
type paramList struct{ set map[string]string }

func (p *paramList) String() string { return "" }

func (p *paramList) Set(s string) error {
	k, v, ok := strings.Cut(s, "=")
	if !ok || k == "" {
		return errs.New(errs.Invalid, "%q is not key=value", s)
	}
	if p.set == nil {
		p.set = map[string]string{}
	}
	p.set[k] = v
	return nil
}

func (c *call) on(flag string) bool { return c.value(flag) == "true" }

func runCommand(ctx context.Context, c *call) error {
	if err := c.want(1, -1); err != nil {
		return err
	}
	server, err := c.api(ctx)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := server.Post(ctx, "/runs", c.runRequest(), &raw); err != nil {
		return err
	}
	var r run.Run
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if c.on("detach") {
		if c.json {
			c.sayRaw(raw)
		} else {
			c.say("%s", r.ID)
			fmt.Fprintf(c.Stderr, "rondo: run %s began; `rondo runs log %s` shows its output\n", shown(r.Name), short(r.ID))
		}
		return nil
	}
	return c.followRun(ctx, server, r)
}

func (c *call) runRequest() launch.Request {
	params, _ := c.flags.Lookup("P").Value.(*paramList)
	return launch.Request{
		Name: c.value("name"), Experiment: c.value("experiment"), Command: c.args, Dir: c.Dir, Params: params.set, Env: environMap(),
	}
}

// environMap is this shell's environment: the command shall find the same Python that
// it would find here, whoever started the server.
func environMap() map[string]string {
	out := map[string]string{}
	for _, kv := range os.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok && k != "" {
			out[k] = v
		}
	}
	return out
}

// followRun prints what the run prints until it ends, and ends as it did. As JSON it prints the run alone.
func (c *call) followRun(ctx context.Context, server *client.Client, r run.Run) error {
	if c.json {
		asked := *c
		asked.Stdout, asked.Stderr, asked.json = io.Discard, io.Discard, false
		ended := asked.followRun(ctx, server, r)
		if err := c.printRun(context.WithoutCancel(ctx), server, r.ID); err != nil {
			return err
		}
		return ended
	}
	fmt.Fprintf(c.Stderr, "rondo: run %s (%s)\n", shown(r.Name), short(r.ID))
	quiet := context.WithoutCancel(ctx) // Ctrl-C stops the run, not the watching
	asked := false
	f := follower{c: c, server: server, id: r.ID, at: map[string]int64{}}
	for wait := new(pace); ; {
		over, err := f.look(quiet)
		if err != nil {
			return err
		}
		if over {
			return c.outcome(quiet, server, r.ID)
		}
		if err := wait.pause(ctx, asked); err == nil {
			continue
		}
		asked = true
		fmt.Fprintf(c.Stderr, "rondo: stopping run %s; press Ctrl-C again to leave it alone\n", shown(r.Name))
		if err := server.Post(quiet, "/runs/"+url.PathEscape(r.ID)+"/stop", nil, nil); err != nil && !errs.Is(err, errs.Precondition) {
			return err
		}
	}
}

// printRun prints a run as the API tells it.
func (c *call) printRun(ctx context.Context, server *client.Client, id string) error {
	var raw json.RawMessage
	err := server.Get(ctx, "/runs/"+url.PathEscape(id), &raw)
	if err == nil {
		c.sayRaw(raw)
	}
	return err
}

// What is watched is looked at soon at first, because much is over at once, and then
// ever more rarely.
const (
	lookSoon  = 10 * time.Millisecond
	lookEvery = 150 * time.Millisecond
)

// pace is the time between looks; the zero value begins with lookSoon.
type pace time.Duration

// pause waits a little; it fails when the person asks for the end the first time.
func (p *pace) pause(ctx context.Context, asked bool) error {
	done := ctx.Done()
	if asked {
		done = nil
	}
	*p = min(max(*p*3/2, pace(lookSoon)), pace(lookEvery))
	select {
	case <-done:
		return ctx.Err()
	case <-time.After(time.Duration(*p)):
		return nil
	}
}

// follower reads both logs of a run as they grow.
type follower struct {
	c      *call
	server *client.Client
	id     string
	at     map[string]int64
}

// look prints what is new; over says that nothing more will come.
func (f *follower) look(ctx context.Context) (over bool, err error) {
	over = true
	for _, stream := range []string{"stdout", "stderr"} {
		end, err := f.stream(ctx, stream)
		if err != nil {
			return false, err
		}
		over = over && end
	}
	return over, nil
}

func (f *follower) stream(ctx context.Context, stream string) (end bool, err error) {
	out := f.c.Stdout
	if stream == "stderr" {
		out = f.c.Stderr
	}
	for {
		var part api.RunLog
		path := fmt.Sprintf("/runs/%s/log?stream=%s&offset=%d&limit=%d", url.PathEscape(f.id), stream, f.at[stream], 256<<10)
		if err := f.server.Get(ctx, path, &part); err != nil {
			return false, err
		}
		if _, err := fmt.Fprint(out, part.Text); err != nil {
			return false, err
		}
		f.at[stream] = part.Next
		if part.End || part.Next >= part.Size {
			return part.End, nil
		}
	}
}

// outcome says how a run ended and makes the program end the same way.
func (c *call) outcome(ctx context.Context, server *client.Client, id string) error {
	var r run.Run
	if err := server.Get(ctx, "/runs/"+url.PathEscape(id), &r); err != nil {
		return err
	}
	var e proc.Exit
	if err := json.Unmarshal(r.Exit, &e); err != nil {
		return err
	}
	took := e.EndedAt.Sub(e.StartedAt).Round(10 * time.Millisecond)
	words := strings.ToLower(r.Status)
	if r.Reason != "" {
		words += ": " + r.Reason
	}
	fmt.Fprintf(c.Stderr, "rondo: run %s %s, after %s\n", shown(r.Name), words, took)
	switch {
	case e.Stopped:
		return exitWith(exitInterrupted)
	case e.Code > 0:
		return exitWith(e.Code)
	case r.Status != run.Finished:
		return exitWith(exitFailed)
	}
	return nil
}

// short is enough of an id, digest or commit for people: the times in the ids of what is
// made in the same minute differ from the ninth digit on.
func short(id string) string { return id[:min(len(id), 12)] }

// metricWords says a run's metrics in a cell.
func metricWords(r run.Run, most int) string {
	var list []string
	for k := range r.Metrics {
		list = append(list, k)
	}
	slices.Sort(list)
	var words []string
	for i, k := range list {
		if i == most {
			words = append(words, "…")
			break
		}
		words = append(words, fmt.Sprintf("%s %.4g", k, float64(r.Metrics[k].Value)))
	}
	return strings.Join(words, ", ")
}
