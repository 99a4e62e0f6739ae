package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/dataset"
)

// dataLog lists the snapshots of the dataset that is named, or of all of them.
func dataLog(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	names, err := c.args, error(nil)
	if len(names) == 0 {
		names, err = c.datasets(ctx, func(dataset.Dataset) bool { return true })
	}
	if err != nil {
		return err
	}
	list, err := c.snapshots(ctx, names)
	switch {
	case err != nil:
		return err
	case c.json:
		return c.sayJSON(list)
	case len(list) > 0:
		return c.sayLog(ctx, names, list)
	case len(c.args) == 1:
		c.say("%s has no snapshot yet. `rondo data snapshot %s` takes one.", names[0], names[0])
	case len(names) > 0:
		c.say("No snapshots yet. `rondo data snapshot` takes them.")
	default:
		if some, err := c.sayPointed(ctx); some || err != nil {
			return err
		}
		c.say(noDatasets)
	}
	return nil
}

// snapshots are those of the datasets that are named, newest first.
func (c *call) snapshots(ctx context.Context, names []string) ([]dataset.Snapshot, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	all := []dataset.Snapshot{}
	for _, name := range names {
		var list []dataset.Snapshot
		if err := api.Get(ctx, dataPath(name, "snapshots"), &list); err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(names) > 1 { // of one they are in the order of their numbers
		slices.SortStableFunc(all, func(a, b dataset.Snapshot) int { return b.CreatedAt.Compare(a.CreatedAt) })
	}
	return all, nil
}

func (c *call) sayLog(ctx context.Context, names []string, list []dataset.Snapshot) error {
	tags := map[string][]string{}
	for _, name := range names {
		if err := c.tagsOf(ctx, name, tags); err != nil {
			return err
		}
	}
	rows := [][]string{{"SNAPSHOT", "TAGS", "TAKEN", "WHO", "ROWS", "FILES", "SIZE", "GIT", "ORIGIN", "MESSAGE"}}
	for _, s := range list {
		version := versionWord(s.Number)
		if len(c.args) == 0 {
			version = s.Ref()
		}
		if s.InPart() {
			version += " in part"
		}
		rows = append(rows, []string{
			version, strings.Join(tags[s.ID], ", "), when(s.CreatedAt), s.CreatedBy, rowsWord(s.Rows), strconv.Itoa(s.Files), size(s.Size), gitWord(s.Git), originWord(s.Origin), firstLine(s.Message),
		})
	}
	c.table(rows)
	return nil
}

// tagsOf adds the tags of a dataset by the ids of the snapshots that they name.
func (c *call) tagsOf(ctx context.Context, name string, tags map[string][]string) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var list []dataset.Tag
	if err := api.Get(ctx, dataPath(name, "tags"), &list); err != nil {
		return err
	}
	for _, t := range list {
		tags[t.Snapshot] = append(tags[t.Snapshot], t.Name)
	}
	return nil
}

func gitWord(g *dataset.Git) string {
	if g == nil {
		return ""
	}
	word := short(g.Commit)
	if g.Dirty {
		word += "+"
	}
	return word
}

// originWord is where a snapshot's content came from.
func originWord(o *dataset.Origin) string {
	switch {
	case o == nil:
		return ""
	case o.URL != "":
		return o.URL
	}
	return dataset.Ref(o.Dataset, o.Number) + " of " + o.Folder
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
