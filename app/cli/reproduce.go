package cli

import (
	"context"
	"flag"
	"net/url"
	"strconv"
	"strings"

	"rondo/app/client"
	"rondo/backend/errs"
	"rondo/backend/pipeline"
	"rondo/backend/registry"
)

func reproduceFlags(f *flag.FlagSet) {
	f.Bool("keep", false, "leave the folder that it happened in")
}

func reproduce(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	server, err := c.api(ctx)
	if err != nil {
		return err
	}
	id, err := c.executionID(ctx, server, c.args[0])
	if err != nil {
		return err
	}
	in := pipeline.Repeat{RunID: id, Keep: c.isSet("keep"), Env: environMap()}
	var r pipeline.Reproduction
	if err := server.Post(ctx, "/reproductions", in, &r); err != nil {
		return err
	}
	err = c.watch(ctx, server, r.ID, func(ctx context.Context) (bool, error) {
		var now pipeline.Reproduction
		err := server.Get(ctx, "/reproductions/"+url.PathEscape(r.ID), &now)
		r = now
		return r.Verdict != pipeline.Running, err
	})
	if err != nil {
		return err
	}
	if c.json {
		return c.printEnded(r, codeOfRepetition(r))
	}
	return c.reproduction(r)
}

func codeOfRepetition(r pipeline.Reproduction) int {
	if r.Verdict == pipeline.Identical {
		return exitOK
	}
	return exitState
}

// executionID finds the execution that a person means: latest, the one that a model's
// version came from (weather/1, weather/champion, weather/latest), or a run.
func (c *call) executionID(ctx context.Context, server *client.Client, word string) (string, error) {
	if model, version, ok := strings.Cut(word, "/"); ok {
		return versionRun(ctx, server, model, version)
	}
	if word != "latest" {
		return c.runID(ctx, word)
	}
	var list []pipeline.Execution
	if err := server.Get(ctx, "/executions", &list); err != nil {
		return "", err
	}
	for _, e := range list {
		if e.State == pipeline.Finished {
			return e.ID, nil
		}
	}
	return "", errs.New(errs.NotFound, "no execution has run through yet").WithHint("`rondo repro` makes one")
}

func versionRun(ctx context.Context, server *client.Client, model, version string) (string, error) {
	var m registry.Model
	if err := server.Get(ctx, modelPath(model), &m); err != nil {
		return "", err
	}
	n, aliased := m.Aliases[version]
	switch {
	case aliased:
	case version == "latest":
		n = m.Latest
	default:
		var err error
		if n, err = versionArg(version); err != nil {
			return "", errs.New(errs.NotFound, "%s has no version or alias %q", model, version).WithHint("`rondo model show %s` lists them", model)
		}
	}
	var v registry.Version
	if err := server.Get(ctx, modelPath(model, "versions", strconv.Itoa(n)), &v); err != nil {
		return "", err
	}
	if v.RunID == "" {
		return "", errs.New(errs.Precondition, "version %d of %s came from no run", n, model).WithHint("only what the pipeline made can be repeated")
	}
	return v.RunID, nil
}

func (c *call) reproduction(r pipeline.Reproduction) error {
	rows := [][]string{{"COMPARED", "", "RECORDED", "NOW"}}
	for _, k := range r.Checks {
		word := "same"
		if !k.Same {
			word = "DIFFERENT"
		}
		rows = append(rows, []string{k.What, word, brief(k.Expected), brief(k.Found)})
	}
	c.table(rows)
	if r.Folder != "" {
		c.say("It happened in %s, which was left there.", r.Folder)
	}
	if r.Verdict != pipeline.Identical {
		return errs.New(errs.Precondition, "%s: %s", r.Verdict, r.Text)
	}
	c.say("Identical: %s.", r.Text)
	return nil
}

// brief shortens a digest for the table.
func brief(s string) string {
	if len(s) == 64 {
		return s[:12]
	}
	return s
}
