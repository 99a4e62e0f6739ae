package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// suggest adds what was probably meant to an error about a name that is not there.
func (c *call) suggest(ctx context.Context, err error) error {
	if !errs.Is(err, errs.NotFound) || c.verb == nil || c.verb.of == "" {
		return err
	}
	names := c.names(ctx)
	for _, typed := range c.args {
		if slices.Contains(names, typed) || !strings.Contains(err.Error(), typed) {
			continue
		}
		if meant := closest(names, typed); meant != "" {
			hint := "did you mean " + meant + "?"
			if more := errs.HintOf(err); more != "" {
				hint += " " + more
			}
			return &errs.Error{Kind: errs.NotFound, Err: err, Hint: hint}
		}
	}
	return err
}

// names lists what there is. Where that cannot be found out there is nothing to suggest.
func (c *call) names(ctx context.Context) (names []string) {
	api, err := c.api(ctx)
	if err != nil {
		return nil
	}
	var raw json.RawMessage
	if api.Get(ctx, c.verb.of, &raw) != nil {
		return nil
	}
	type named struct{ Name string }
	var list []named
	if json.Unmarshal(raw, &list) != nil {
		var graph struct{ Stages []named }
		_ = json.Unmarshal(raw, &graph) // no names, no suggestion
		list = graph.Stages
	}
	for _, n := range list {
		names = append(names, n.Name)
	}
	return names
}

// closest returns the name that is fewest edits away, or "" where none is near enough to be a slip.
func closest(names []string, typed string) string {
	best, found := 1+len(typed)/3, ""
	for _, n := range names {
		if d := distance(typed, n); d <= best {
			best, found = d-1, n
		}
	}
	return found
}
