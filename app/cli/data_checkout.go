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
	var s dataset.Snapshot
	part := c.args[1:]
	in := map[string]any{"number": number, "force": c.isSet("force"), "paths": part}
	return c.actOnData(ctx, http.MethodPost, dataPath(name, "checkout"), in, &s, func() error {
		if len(part) > 0 {
			c.sayPart(part, s)
			return nil
		}
		c.sayCheckedOut(s)
		return nil
	})
}

func (c *call) sayPart(part []string, s dataset.Snapshot) {
	c.say("%s of %s is as in %s now; the rest stays as it was", fewNames(part), s.Path, s.Ref())
}

// fewNames are as many as a line takes.
func fewNames(names []string) string {
	if more := len(names) - maxShown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(shownEach(names[:maxShown]), ", "), more)
	}
	return strings.Join(shownEach(names), ", ")
}
