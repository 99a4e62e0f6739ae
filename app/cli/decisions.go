package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/loop"
)

var decisionVerbs = []verb{
	{name: "decisions", short: "list why retrains and promotions happened", run: decisionList},
	{name: "decisions show", args: "ID", short: "show one decision with its evidence", run: decisionShow},
	{
		name: "decisions approve", args: "ID", short: "let a decision that asks go on", flags: reasonFlag,
		run: func(ctx context.Context, c *call) error { return decisionAnswer(ctx, c, "approve") },
	},
	{
		name: "decisions reject", args: "ID", short: "end a decision that asks", flags: reasonFlag,
		run: func(ctx context.Context, c *call) error { return decisionAnswer(ctx, c, "reject") },
	},
	{name: "trigger list", short: "show every trigger and what it waits for", run: triggerList},
	{
		name: "trigger fire", of: "/triggers", args: "NAME", short: "retrain now, as if the trigger had fired", flags: reasonFlag,
		long: "Neither its condition nor its cool-down counts. The gates do.\n\n  rondo trigger fire drift --reason \"new sensors\"", run: triggerFire,
	},
}

func decisionList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var list []loop.Decision
	return c.fetch(ctx, "/decisions", &list, func() error {
		if len(list) == 0 {
			c.say("No decisions yet. The first one follows the first `rondo repro` that makes a model.")
			return nil
		}
		rows := [][]string{{"ID", "WHEN", "WHAT", "STATE", "WHY", "OUTCOME"}}
		for _, d := range list {
			rows = append(rows, []string{short(d.ID), when(d.OpenedAt), d.Kind + " of " + d.Model, d.State, d.Cause.Text, d.Text})
		}
		c.table(rows)
		return nil
	})
}

// oneDecision finds the decision that a person means: an id, or the beginning of one.
func (c *call) oneDecision(ctx context.Context) (string, error) {
	if err := c.want(1, 1); err != nil {
		return "", err
	}
	server, err := c.api(ctx)
	if err != nil {
		return "", err
	}
	word, found := c.args[0], ""
	var list []loop.Decision
	if err := server.Get(ctx, "/decisions", &list); err != nil {
		return "", err
	}
	for _, d := range list {
		if !strings.HasPrefix(d.ID, word) || word == "" {
			continue
		}
		if found != "" && d.ID != word {
			return "", errs.New(errs.Conflict, "several decisions begin with %q", word).WithHint("give more of the id; `rondo decisions --json` shows all of it")
		}
		found = d.ID
	}
	if found == "" {
		found = word // an old one, or none: the server says which
	}
	return "/decisions/" + url.PathEscape(found), nil
}

func decisionShow(ctx context.Context, c *call) error {
	path, err := c.oneDecision(ctx)
	if err != nil {
		return err
	}
	var d loop.Decision
	return c.fetch(ctx, path, &d, func() error {
		c.decision(d)
		return nil
	})
}

func (c *call) decision(d loop.Decision) {
	c.say("%s of %s: %s", d.Kind, d.Model, d.State)
	c.say("  why       %s", d.Cause.Text)
	c.say("  opened    %s by %s, policy %s", when(d.OpenedAt), d.OpenedBy, d.Policy)
	if d.Answer != nil {
		c.say("  answered  %s by %s: %s", when(d.Answer.At), d.Answer.By, d.Answer.Reason)
	}
	for _, s := range d.Steps {
		c.say("  %-9s %s", s.Name, s.Text)
	}
	if d.Text != "" {
		c.say("  outcome   %s", d.Text)
	}
	if d.Version > 0 {
		c.say("The evidence: rondo model show %s %s", d.Model, strconv.Itoa(d.Version))
	}
}

func decisionAnswer(ctx context.Context, c *call, word string) error {
	path, err := c.oneDecision(ctx)
	if err != nil {
		return err
	}
	var d loop.Decision
	return c.act(ctx, http.MethodPost, path+"/"+word, map[string]any{"reason": c.value("reason")}, &d, func() error {
		c.say("Decision %s is %s.", short(d.ID), d.State)
		return nil
	})
}

func triggerList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var list []loop.Trigger
	return c.fetch(ctx, "/triggers", &list, func() error {
		if len(list) == 0 {
			c.say("rondo.yaml declares no triggers.")
			return nil
		}
		rows := [][]string{{"TRIGGER", "ON", "POLICY", "STATE", "WHAT IT SEES"}}
		for _, t := range list {
			rows = append(rows, []string{t.Name, t.On, t.Policy, t.State, t.Text})
		}
		c.table(rows)
		return nil
	})
}

func triggerFire(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var d loop.Decision
	return c.act(ctx, http.MethodPost, "/triggers/"+url.PathEscape(c.args[0])+"/fire", map[string]any{"reason": c.value("reason")}, &d, func() error {
		c.say("Decision %s is %s. Watch it: rondo decisions show %s", short(d.ID), d.State, short(d.ID))
		return nil
	})
}
