package cli

import (
	"context"
	"strconv"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// sayPointed tells of datasets that only pointers name, as in a clone, and what brings them.
// It returns whether there are some.
func (c *call) sayPointed(ctx context.Context) (some bool, err error) {
	api, err := c.api(ctx)
	if err != nil {
		return false, err
	}
	var list []dataset.Pointed
	if err := api.Get(ctx, "/pointers", &list); err != nil || len(list) == 0 {
		return false, err
	}
	c.say("Pointers name what this copy of the project does not have:")
	rows := [][]string{{"DATASET", "PATH", "POINTER", "FILES", "SIZE"}}
	for _, p := range list {
		rows = append(rows, []string{p.Dataset, p.Path, versionWord(p.Number), strconv.Itoa(p.Files), size(p.Size)})
	}
	c.table(rows)
	c.say("%s: %s", list[0].Dataset, list[0].Hint)
	if len(list) > 1 {
		c.say("`rondo data pull` without a name brings all that a remote has.")
	}
	return true, nil
}

// notYet says why a dataset has no snapshot: there is none yet, or only its pointer is here.
func (c *call) notYet(ctx context.Context, name string) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var list []dataset.Pointed
	if err := api.Get(ctx, "/pointers", &list); err != nil {
		return err
	}
	for _, p := range list {
		if p.Dataset == name {
			return errs.New(errs.NotFound, "the pointer of %s names %s, which this copy of the project does not have", name, dataset.Ref(name, p.Number)).WithHint("%s", p.Hint)
		}
	}
	return errs.New(errs.NotFound, "%s has no snapshot yet", name).WithHint("take one: rondo data snapshot %s", name)
}
