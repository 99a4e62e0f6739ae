package cli

import (
	"context"
	"flag"
	"net/url"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
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
	in := pipeline.Repeat{RunID: c.args[0], Keep: c.isSet("keep"), Env: environMap()}
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
		return c.print(r)
	}
	return c.reproduction(r)
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
