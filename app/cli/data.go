package cli

import (
	"context"
	"flag"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

var dataVerbs = []verb{
	{
		name: "data list", short: "list the datasets", run: dataList,
		flags: func(f *flag.FlagSet) { f.Bool("removed", false, "those that were removed, in place of the others") },
	},
	{
		name: "data add", args: "PATH…", short: "put a file or folder under version control and take its first snapshot",
		long: "The data stays where it is. A pointer, PATH.snap, is written beside it for git, and the\ndata itself is ignored by git.\n\n  rondo data add data/reviews.csv --desc \"product reviews\"",
		flags: func(f *flag.FlagSet) {
			messageFlags(f)
			f.String("name", "", "the dataset's `name`; the file's name without its extension if empty")
			f.String("desc", "", "what the data is, in `words`")
			f.Bool("no-snapshot", false, "take no snapshot yet")
		},
		run: dataAdd,
	},
	{
		name: "data snapshot", args: "[NAME…]", short: "take a snapshot of what is there now",
		long: "Without a name it is taken of all datasets that have changed. Content that an earlier snapshot has is that snapshot; it gets no new number. Where the machine\nstopped before a checkout was on the disk, files that it has damaged are named and not taken.\nWhat was never fetched of a snapshot that is here in part stays in the next one, but for what\n--without names.\n\n  rondo data snapshot reviews -m \"March\" --commit",
		flags: func(f *flag.FlagSet) {
			messageFlags(f)
			f.Var(&paths{}, "without", "leave out a file or folder `PATH` that was never fetched; may be given several times")
			f.Bool("force", false, "take the files as they are, although a stop of the machine or a disk may have damaged them")
		},
		run: dataSnapshot,
	},
	{name: "data log", args: "[NAME]", short: "list the snapshots of a dataset, or of all, newest first", run: dataLog},
	{
		name: "data diff", args: "NAME[@FROM] [TO]", short: "compare two snapshots: files, rows and columns",
		long: "Without versions the latest snapshot is compared with the one before it, with FROM alone the latest with\nthat. " + versionHelp + "\nNAME FROM TO and NAME@FROM NAME@TO mean the same. --rows shows the rows\nthemselves: of those that changed the cells that differ, as \"before → now\".\n\n  rondo data diff reviews@1 3 --key id\n  rondo data diff reviews golden latest\n  rondo data diff reviews@yesterday\n  rondo data diff reviews --rows 20",
		flags: func(f *flag.FlagSet) {
			f.String("key", "", "`columns` that tell rows apart, separated by commas")
			f.Int("rows", 0, "show up to `N` rows of each sort: changed, added, removed; with --json in place of the counts")
		},
		run: dataDiff,
	},
	{
		name: "data checkout", args: "[NAME[@VERSION] [PATH…]]", short: "bring a snapshot's files back, or some of them",
		long:  "Without a version it is the snapshot that the pointer NAME.snap names, so that\n`git checkout` followed by this gives back the data of that commit; without a name all datasets that have a\npointer. With paths of files or\nfolders in the dataset only those are brought back; the rest and the pointer stay. " + versionHelp + "\nWhen it ends, the files are there, each verified; the disk has them a moment later. Where the\nmachine stops before, `rondo data status` says so and names what is damaged, and no snapshot\ntakes it for data.\n\n  rondo data checkout reviews@2\n  rondo data checkout reviews@7d                as it was a week ago; @latest goes back\n  rondo data checkout images@golden cats/grey cats/list.csv",
		flags: func(f *flag.FlagSet) { f.Bool("force", false, "overwrite work that no snapshot has") },
		run:   dataCheckout,
	},
	{name: "data status", args: "[NAME]", short: "show how the files stand to the snapshots", run: dataStatus},
	{name: "data profile", args: "NAME[@VERSION]", short: "show what the columns of a snapshot's tables hold", run: dataProfile},
	dataLineageVerb,
	{name: "data files", args: "NAME[@VERSION]", short: "list a snapshot's files", run: dataFiles},
}

const versionHelp = "A version is a\nnumber, a tag, latest, or a time: 2026-11-20 and yesterday are the end of that day, 7d (36h, 2w) is so long ago."

func messageFlags(f *flag.FlagSet) {
	f.String("m", "", "what changed, in `words`")
	f.Bool("commit", false, "commit the pointer to git")
}

func (c *call) isSet(flag string) bool { return c.value(flag) == "true" }

func dataPath(name string, rest ...string) string {
	path := "/datasets/" + url.PathEscape(name)
	for _, r := range rest {
		path += "/" + url.PathEscape(r)
	}
	return path
}

// splitRef splits NAME@VERSION, a number, tag or time; the number is 0 where there is none.
func (c *call) splitRef(ctx context.Context, s string) (name string, number int, err error) {
	name, version, given := strings.Cut(s, "@")
	if !given {
		return name, 0, nil
	}
	number, err = strconv.Atoi(strings.TrimPrefix(version, "v"))
	switch {
	case err != nil && version != "":
		return c.tagged(ctx, name, version)
	case err != nil || number < 1:
		return name, 0, errs.New(errs.Invalid, "%q names no snapshot", s).WithHint("write NAME@NUMBER, NAME@TAG or NAME@2026-11-20; `rondo data log %s` lists the snapshots", name)
	}
	return name, number, nil
}

// tagged finds the number of the snapshot that a tag names, or a time where no tag is called so.
func (c *call) tagged(ctx context.Context, name, tag string) (string, int, error) {
	api, err := c.api(ctx)
	if err != nil {
		return name, 0, err
	}
	var history []dataset.Tag
	err = api.Get(ctx, dataPath(name, "tags", tag), &history)
	switch {
	case errs.Is(err, errs.NotFound) && tag == dataset.Latest:
		return c.snapshotOf(ctx, name)
	case errs.Is(err, errs.NotFound):
		if at, ok := momentOf(tag, time.Now()); ok {
			return c.takenBy(ctx, name, at)
		}
		return name, 0, orTime(err)
	case err != nil:
		return name, 0, err
	}
	if len(history) == 0 || history[0].Number == 0 {
		return name, 0, errs.New(errs.NotFound, "%s has no tag %s any more", name, tag).WithHint("`rondo data tag %s` lists the tags", name)
	}
	return name, history[0].Number, nil
}

// snapshotOf finds the number that NAME[@VERSION] means: the latest without one.
func (c *call) snapshotOf(ctx context.Context, arg string) (name string, number int, err error) {
	name, number, err = c.splitRef(ctx, arg)
	if err != nil || number > 0 {
		return name, number, err
	}
	api, err := c.api(ctx)
	if err != nil {
		return name, 0, err
	}
	var d dataset.Dataset
	if err := api.Get(ctx, dataPath(name), &d); err != nil {
		return name, 0, err
	}
	if d.Latest == nil {
		return name, 0, c.notYet(ctx, name)
	}
	return name, d.Latest.Number, nil
}

const noDatasets = "No datasets yet. `rondo data add PATH` puts a file or folder under version control."

func dataList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	if c.isSet("removed") {
		return dataListRemoved(ctx, c)
	}
	var list []dataset.Dataset
	return c.fetch(ctx, "/datasets", &list, func() error {
		if len(list) == 0 {
			some, err := c.sayPointed(ctx)
			if err == nil && !some {
				c.say(noDatasets)
			}
			return err
		}
		rows := [][]string{{"DATASET", "PATH", "LATEST", "ROWS", "SIZE", "TAKEN"}}
		for _, d := range list {
			row := []string{d.Name, d.Path, "–", "", "", ""}
			if s := d.Latest; s != nil {
				row = []string{d.Name, d.Path, fmt.Sprintf("v%d", s.Number), rowsWord(s.Rows), size(s.Size), when(s.CreatedAt)}
			}
			rows = append(rows, row)
		}
		c.table(rows)
		_, err := c.sayPointed(ctx)
		return err
	})
}

func rowsWord(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// size writes bytes in powers of 1024 as the pages do, with one decimal below ten.
func size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n)/1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB"}
	for v >= 1024 && len(units) > 1 {
		v, units = v/1024, units[1:]
	}
	if v < 10 {
		return fmt.Sprintf("%.1f %s", math.Floor(v*10+0.5)/10, units[0])
	}
	return fmt.Sprintf("%.0f %s", math.Floor(v+0.5), units[0])
}

// inProject turns a path as the person typed it into one of the project.
func (c *call) inProject(path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Dir, path)
	}
	dir := filepath.Dir(path)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		path = filepath.Join(real, filepath.Base(path))
	}
	rel, err := filepath.Rel(c.dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", errs.New(errs.Invalid, "%s is outside of the project %s", path, c.dir).WithHint("move or copy the data into the project folder")
	}
	return filepath.ToSlash(rel), nil
}

// sayTaken tells of a snapshot, which may be one that was there.
func (c *call) sayTaken(ctx context.Context, s dataset.Snapshot, old bool) {
	c.say("%s  %s", s.Ref(), snapshotWords(s))
	if old {
		c.say("It holds just what lies there; no new snapshot was needed.")
	}
	c.warnOf(ctx, s)
	if s.Git != nil && s.Git.Dirty {
		c.say("The git work tree holds changes that are not committed; they are kept with the snapshot.")
	}
}

// warnOf tells what is wrong with the names and tables of a snapshot, as far as that is
// known already.
func (c *call) warnOf(ctx context.Context, s dataset.Snapshot) {
	api, err := c.api(ctx)
	var p dataset.Profile
	if err != nil || s.Profile.IsZero() || api.Get(ctx, dataPath(s.Dataset, "snapshots", strconv.Itoa(s.Number), "profile"), &p) != nil {
		return
	}
	for i, w := range p.Warnings {
		if i == maxShown {
			c.say("  … and %d more (rondo data profile %s)", len(p.Warnings)-maxShown, s.Ref())
			break
		}
		c.say("  %s", w)
	}
}

func snapshotWords(s dataset.Snapshot) string {
	words := counted(int64(s.Files), "file") + ", " + size(s.Size)
	if s.Rows > 0 {
		words = counted(s.Rows, "row") + ", " + words
	}
	return words + ", " + s.Tree.Short()
}
