package cli

import (
	"context"
	"strconv"
	"strings"

	"rondo/backend/dataset"
)

func dataLog(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var list []dataset.Snapshot
	return c.fetch(ctx, dataPath(c.args[0], "snapshots"), &list, func() error {
		if len(list) == 0 {
			c.say("%s has no snapshot yet. `rondo data snapshot %s` takes one.", c.args[0], c.args[0])
			return nil
		}
		tags, err := c.tagsOf(ctx, c.args[0])
		if err != nil {
			return err
		}
		rows := [][]string{{"SNAPSHOT", "TAGS", "TAKEN", "WHO", "ROWS", "FILES", "SIZE", "GIT", "ORIGIN", "MESSAGE"}}
		for _, s := range list {
			version := versionWord(s.Number)
			if s.InPart() {
				version += " in part"
			}
			rows = append(rows, []string{
				version, strings.Join(tags[s.ID], ", "), when(s.CreatedAt), s.CreatedBy, rowsWord(s.Rows), strconv.Itoa(s.Files), size(s.Size), gitWord(s.Git), originWord(s.Origin), firstLine(s.Message),
			})
		}
		c.table(rows)
		return nil
	})
}

// tagsOf are the tags of a dataset by the ids of the snapshots that they name.
func (c *call) tagsOf(ctx context.Context, name string) (map[string][]string, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	var list []dataset.Tag
	tags := map[string][]string{}
	if err := api.Get(ctx, dataPath(name, "tags"), &list); err != nil {
		return nil, err
	}
	for _, t := range list {
		tags[t.Snapshot] = append(tags[t.Snapshot], t.Name)
	}
	return tags, nil
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
