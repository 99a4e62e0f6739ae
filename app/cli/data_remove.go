package cli

import (
	"context"
	"net/http"
	"strconv"

	"rondo/backend/dataset"
)

func dataRemove(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var r dataset.Removed
	return c.act(ctx, http.MethodDelete, dataPath(c.args[0]), nil, &r, func() error {
		c.say("%s is not tracked any more; %s stays as it is", r.Dataset, r.Path)
		for _, k := range r.Kept {
			c.say("  %s is kept: %s", dataset.Ref(r.Dataset, k.Number), k.Why)
		}
		if len(r.Forgot) > 0 {
			c.say("%s to which nothing refers; `rondo data restore %s` brings all back until `rondo data gc` has removed their content", counted(int64(len(r.Forgot)), "snapshot"), r.Dataset)
		}
		return nil
	})
}

func dataRestore(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var r dataset.Removed
	return c.act(ctx, http.MethodPost, dataPath(c.args[0], "restore"), nil, &r, func() error {
		c.say("%s is tracked again, at %s; %s came back", r.Dataset, r.Path, counted(int64(len(r.Kept)), "snapshot"))
		for _, k := range r.Forgot {
			c.say("  %s is lost: %s", dataset.Ref(r.Dataset, k.Number), k.Why)
		}
		return nil
	})
}

// dataListRemoved lists what `rondo data restore` can bring back.
func dataListRemoved(ctx context.Context, c *call) error {
	var list []dataset.Dataset
	return c.fetch(ctx, "/datasets?removed=true", &list, func() error {
		if len(list) == 0 {
			c.say("No dataset was removed.")
			return nil
		}
		rows := [][]string{{"DATASET", "PATH", "SNAPSHOTS", "REMOVED", "BY"}}
		for _, d := range list {
			rows = append(rows, []string{d.Name, d.Path, strconv.Itoa(d.Count), when(d.Removal.At), d.Removal.By})
		}
		c.table(rows)
		c.say("`rondo data restore NAME` brings one back, as far as no gc has removed its content.")
		return nil
	})
}
