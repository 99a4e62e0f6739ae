package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"rondo/backend/dataset"
)

func dataStatus(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	if len(c.args) == 1 {
		var st dataset.Status
		return c.fetch(ctx, dataPath(c.args[0], "status")+"?left_out=true", &st, func() error {
			c.sayStatus(st)
			return nil
		})
	}
	return c.statusOfAll(ctx)
}

func (c *call) statusOfAll(ctx context.Context) error {
	list, failed := c.statuses(ctx)
	if failed != nil && (c.json || len(list) == 0) {
		return failed
	}
	if c.json {
		return c.sayJSON(list)
	}
	rows := [][]string{{"DATASET", "STATE", "SNAPSHOT", "PATH", ""}}
	for _, st := range list {
		rows = append(rows, []string{st.Dataset, st.State, versionWord(st.Snapshot), st.Path, stands(st)})
	}
	if len(list) > 0 {
		c.table(rows)
	}
	pointed, err := c.sayPointed(ctx)
	if len(list) == 0 && !pointed && err == nil {
		c.say(noDatasets)
	}
	return cmp.Or(failed, err)
}

// statuses asks for each dataset. One whose status cannot be told, as of a pointer that a merge has
// left open, is in the list too, and is the error.
func (c *call) statuses(ctx context.Context) (list []dataset.Status, failed error) {
	list = []dataset.Status{}
	api, err := c.api(ctx)
	if err != nil {
		return list, err
	}
	var all []dataset.Dataset
	if err := api.Get(ctx, "/datasets", &all); err != nil {
		return list, err
	}
	for _, d := range all {
		var st dataset.Status
		if err := api.Get(ctx, dataPath(d.Name, "status"), &st); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			failed = cmp.Or(failed, err)
			st = dataset.Status{Dataset: d.Name, Path: d.Path, State: "unknown", Text: err.Error()}
		}
		list = append(list, st)
	}
	return list, failed
}

// stands is how a dataset's files stand to its snapshots, with the newest where they are as an older one,
// and with what differs where all of that is named.
func stands(st dataset.Status) string {
	switch {
	case st.State == dataset.Clean && st.Snapshot < st.Latest:
		return fmt.Sprintf("%s; the newest is %s", st.Text, dataset.Ref(st.Dataset, st.Latest))
	case st.State == dataset.Changed && st.Count > 1 && st.Count == len(st.Added)+len(st.Removed)+len(st.Changed):
		return fmt.Sprintf("%s: %d added, %d removed, %d changed", st.Text, len(st.Added), len(st.Removed), len(st.Changed))
	}
	return st.Text
}

func versionWord(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("v%d", n)
}

func (c *call) sayStatus(st dataset.Status) {
	c.say("%s: %s, %s", st.Dataset, st.State, stands(st))
	for _, l := range []struct {
		word  string
		names []string
	}{{"added", st.Added}, {"removed", st.Removed}, {"changed", st.Changed}, {"ignored", st.Ignored}} {
		for i, name := range l.names {
			if i == maxShown {
				c.say("  … and %d more %s (--json lists them)", len(l.names)-maxShown, l.word) // of the thousand that are named
				break
			}
			c.say("  %-8s %s", l.word, name)
		}
	}
	c.sayLeftOut(st.LeftOut)
}

// sayLeftOut tells what rules leave out, and which do.
func (c *call) sayLeftOut(left *dataset.LeftOut) {
	if left == nil {
		return
	}
	c.say("Left out by .rondoignore: %s", filesAndFolders(left.Files, left.Folders))
	rows := make([][]string, len(left.Rules))
	for i, r := range left.Rules {
		such := strings.Join(shownEach(r.Such), ", ")
		if r.Files+r.Folders > len(r.Such) {
			such += ", …"
		}
		rows[i] = []string{"  " + shown(r.Text), shown(r.File) + ":" + strconv.Itoa(r.Line), filesAndFolders(r.Files, r.Folders), such}
	}
	c.table(rows)
}

func filesAndFolders(files, folders int) string {
	switch {
	case folders == 0:
		return counted(int64(files), "file")
	case files == 0:
		return counted(int64(folders), "folder")
	}
	return counted(int64(files), "file") + " and " + counted(int64(folders), "folder")
}
