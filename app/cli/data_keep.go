package cli

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strconv"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

var dataKeepVerbs = []verb{
	{
		name: "data tag", args: "NAME[@VERSION] [TAG]", short: "list a dataset's tags, or give a snapshot a name",
		long: "A tag stands wherever a snapshot is named. Given again it moves; what it named before stays\non record.\n\n  rondo data tag weather@3 golden\n  rondo data checkout weather@golden",
		flags: func(f *flag.FlagSet) {
			f.Bool("remove", false, "take the tag away; the snapshot stays")
			f.Bool("history", false, "tell what the tag has named")
		},
		run: dataTag,
	},
	{
		name: "data import", args: "URL | PROJECT NAME[@NUMBER]", short: "bring in data from the web or another project, with its origin",
		long: "The origin is kept with the snapshot; `rondo data update` asks it anew. An import that is cut off\ngoes on where the server can. Addresses of this computer and its network are refused unless\n--allow-inside says so.\n\n  rondo data import https://example.org/trips.parquet\n  rondo data import ~/weather weather@3 --name reference --to data/reference.csv",
		flags: func(f *flag.FlagSet) {
			f.String("name", "", "the dataset's `name` here")
			f.String("to", "", "where it is put, as a `PATH` in the project")
			updateFlags(f)
		},
		run: dataImport,
	},
	{
		name: "data update", args: "[NAME…]", short: "ask the origin of imported datasets for something newer",
		long: "Without a name all that were imported. What the web server says has not changed is not fetched. Work that no snapshot has is not\noverwritten.",
		flags: func(f *flag.FlagSet) {
			updateFlags(f)
			f.Bool("force", false, "overwrite work that no snapshot has")
		},
		run: dataUpdate,
	},
	{
		name: "data sql", args: "NAME[@VERSION] QUESTION", short: "ask a question in SQL of a snapshot's tables",
		long: "Each table is named after its file without the extension. SQLite answers, and nothing can be\nchanged.\n\n  rondo data sql weather@golden \"select location, avg(temp_max) from weather group by 1\"",
		run:  dataSQL,
	},
	{
		name: "data du", args: "[NAME]", short: "show what the snapshots take on the disk, and what gc would free",
		long: "LOGICAL counts every file of every snapshot; STORED is what they take on the disk; SHARED of\nthat another dataset needs too; UNIQUE is what no other snapshot needs.",
		run:  dataUsage,
	},
	{
		name: "data retain", args: "[NAME…]", short: "forget the snapshots that the rules in rondo.yaml do not keep",
		long: "The rules stand under datasets, as in `keep: {last: 10, days: 30}`. The latest snapshot, the\none that the pointer names, and tagged and used ones stay. `rondo data gc` then removes what\nnothing else needs.\n\n  rondo data retain --dry-run",
		flags: func(f *flag.FlagSet) {
			f.Bool("dry-run", false, "only show what would be forgotten")
		},
		run: dataRetain,
	},
}

func dataTag(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	if len(c.args) == 1 {
		return c.listTags(ctx, c.args[0])
	}
	tag := c.args[1]
	switch {
	case c.isSet("remove"):
		return c.act(ctx, http.MethodDelete, dataPath(c.args[0], "tags", tag), nil, nil, func() error {
			c.say("%s@%s is no tag any more", c.args[0], tag)
			return nil
		})
	case c.isSet("history"):
		return c.tagHistory(ctx, c.args[0], tag)
	}
	name, number, err := c.splitRef(ctx, c.args[0])
	if err != nil {
		return err
	}
	var t dataset.Tag
	return c.act(ctx, http.MethodPost, dataPath(name, "tags"), map[string]any{"tag": tag, "number": number}, &t, func() error {
		c.say("%s@%s is %s now", t.Dataset, t.Name, dataset.Ref(t.Dataset, t.Number))
		return nil
	})
}

func (c *call) listTags(ctx context.Context, name string) error {
	var list []dataset.Tag
	return c.fetch(ctx, dataPath(name, "tags"), &list, func() error {
		if len(list) == 0 {
			c.say("%s has no tags. `rondo data tag %s@NUMBER TAG` gives one.", name, name)
			return nil
		}
		rows := [][]string{{"TAG", "SNAPSHOT", "SINCE", "WHO"}}
		for _, t := range list {
			rows = append(rows, []string{t.Name, dataset.Ref(t.Dataset, t.Number), when(t.At), t.By})
		}
		c.table(rows)
		return nil
	})
}

func (c *call) tagHistory(ctx context.Context, name, tag string) error {
	var list []dataset.Tag
	return c.fetch(ctx, dataPath(name, "tags", tag), &list, func() error {
		rows := [][]string{{"SNAPSHOT", "SINCE", "WHO"}}
		for _, t := range list {
			word := "taken away"
			if t.Snapshot != "" {
				word = dataset.Ref(t.Dataset, t.Number)
			}
			rows = append(rows, []string{word, when(t.At), t.By})
		}
		c.table(rows)
		return nil
	})
}

func dataUsage(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	var u dataset.Usage
	return c.actOnData(ctx, http.MethodGet, "/objects/usage", nil, &u, func() error {
		if len(c.args) == 1 {
			return c.sayUsageOf(u, c.args[0])
		}
		rows := [][]string{{"DATASET", "SNAPSHOTS", "LOGICAL", "STORED", "SHARED"}}
		for _, d := range u.Datasets {
			rows = append(rows, []string{d.Dataset, strconv.Itoa(len(d.Snapshots)), size(d.Logical), size(d.Stored), size(d.Shared)})
		}
		c.table(rows)
		c.say("%s stored in all, %s of it for models, code and runs; gc would free %s", size(u.Stored), size(u.Other), size(u.Free))
		return c.sayReplaced()
	})
}

func (c *call) sayUsageOf(u dataset.Usage, name string) error {
	for _, d := range u.Datasets {
		if d.Dataset != name {
			continue
		}
		rows := [][]string{{"SNAPSHOT", "LOGICAL", "UNIQUE", ""}}
		for _, s := range d.Snapshots {
			word := ""
			switch {
			case s.Missing > 0:
				word = counted(int64(s.Missing), "object") + " missing"
			case s.NotFetched > 0:
				word = "in part: " + counted(int64(s.NotFetched), "object") + " never fetched"
			}
			rows = append(rows, []string{dataset.Ref(name, s.Number), size(s.Logical), size(s.Unique), word})
		}
		c.table(rows)
		c.say("%s in files, %s stored, %s of it shared with other datasets", size(d.Logical), size(d.Stored), size(d.Shared))
		return nil
	}
	return errs.New(errs.NotFound, "there is no dataset called %q", name).WithHint("`rondo data list` shows them")
}

func dataRetain(ctx context.Context, c *call) error {
	var list []dataset.Retained
	in := dataset.Retain{Datasets: c.args, Dry: c.isSet("dry-run")}
	return c.act(ctx, http.MethodPost, "/snapshots/retain", in, &list, func() error {
		if len(list) == 0 {
			c.say("No dataset in rondo.yaml has rules, so every snapshot is kept. A rule is written as `keep: {last: 10, days: 30}`.")
		}
		for _, r := range list {
			c.say("%s: %s kept, %d %s", r.Dataset, counted(int64(len(r.Kept)), "snapshot"), len(r.Forgot), map[bool]string{true: "would be forgotten", false: "forgotten"}[in.Dry])
			for _, k := range r.Kept {
				c.say("  keep    %-6s %s", fmt.Sprintf("v%d", k.Number), k.Why)
			}
			for _, k := range r.Forgot {
				c.say("  forget  %-6s %s", fmt.Sprintf("v%d", k.Number), k.Why)
			}
		}
		return nil
	})
}
