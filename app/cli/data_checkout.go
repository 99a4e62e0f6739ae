package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"rondo/backend/dataset"
)

func dataCheckout(ctx context.Context, c *call) error {
	if len(c.args) == 0 {
		if err := c.checkoutAll(ctx); err != nil {
			return err
		}
		return c.stillPointed(ctx) // where some of it is here
	}
	name, number, err := c.splitRef(ctx, c.args[0])
	if err != nil {
		return err
	}
	var s dataset.CheckedOut
	part := c.args[1:]
	in := map[string]any{"number": number, "force": c.isSet("force"), "paths": part}
	return c.actOnData(ctx, http.MethodPost, dataPath(name, "checkout"), in, &s, func() error {
		if len(part) == 0 {
			c.sayCheckedOut(s)
			return nil
		}
		c.sayPart(part, s)
		return nil
	})
}

func (c *call) sayCheckedOut(s dataset.CheckedOut) {
	c.say("%s is %s now: %s", s.Path, s.Ref(), snapshotWords(s.Snapshot))
	c.sayLeft(s)
}

// sayLeft tells what stayed as it was.
func (c *call) sayLeft(s dataset.CheckedOut) {
	if len(s.Left) > 0 {
		c.say("Left as it was, since .rondoignore leaves it out: %s. Move it away to get what the snapshot has.", fewNames(s.Left))
	}
}

func (c *call) sayPart(part []string, s dataset.CheckedOut) {
	if c.sayLeft(s); len(s.Left) > 0 {
		c.say("All else that was named is as in %s now; the rest stays as it was", s.Ref())
		return
	}
	c.say("%s of %s is as in %s now; the rest stays as it was", fewNames(part), s.Path, s.Ref())
}

// fewNames are as many as a line takes.
func fewNames(names []string) string {
	if more := len(names) - maxShown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(shownEach(names[:maxShown]), ", "), more)
	}
	return strings.Join(shownEach(names), ", ")
}
