package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/project"
)

// dvcVariant is what a verb does in a DVC project that tracks its data by DVC itself.
type dvcVariant struct {
	long  string
	flags func(f *flag.FlagSet)
	run   func(ctx context.Context, c *call, p *dvc.Project) error
}

// dvcVerbs exist for the data of DVC projects only.
var dvcVerbs = []verb{
	{
		name: "data commit", args: "[TARGET…]", short: "in a DVC project: record what lies there, as dvc commit does", run: onlyDVC,
		long: "Content goes into DVC's cache, and .dvc files and dvc.lock say what it is.\n\n  rondo data commit\n  rondo data commit data/reviews.csv",
	},
	{
		name: "data remove", args: "NAME", short: "track a dataset no longer; its files stay where they are", run: dataRemove,
		long: "The history says who removed it and when. Snapshots that a run, a model's version or a tag refers to\nare kept; the content of the others goes with a later gc, and `rondo data restore NAME` brings all of it back until then.\nIn a DVC project the arguments are .dvc files: they and their lines in .gitignore go, and the\ndata stays unless --outs is said.\n\n  rondo data remove images\n  rondo data remove images.dvc",
	},
	{
		name: "data restore", args: "NAME", short: "track a dataset again that was removed, with the snapshots whose content is still there", run: dataRestore,
		long: "`rondo data checkout NAME` then brings its files back, too.\n\n  rondo data restore images",
	},
}

func onlyDVC(_ context.Context, c *call) error {
	return errs.New(errs.Precondition, "%s is no DVC project whose data DVC tracks", c.dir).
		WithHint("%s", c.inRondo())
}

// inRondo is what to do in a Rondo project in place of a verb that is for DVC's.
func (c *call) inRondo() string {
	first, _, _ := strings.Cut(c.verb.name, " ")
	switch {
	case first == "remote":
		return "in a Rondo project, `rondo data remote NAME ADDRESS` names a remote"
	case first == "config":
		return "a Rondo project has no config: what there is to set stands in rondo.yaml"
	case first == "stage":
		return "in a Rondo project, stages stand in rondo.yaml"
	case c.verb.name == "data move":
		return "in a Rondo project, move the data and write its new path into rondo.yaml: datasets: {NAME: {path: PATH}}"
	case first == "data":
		return "in a Rondo project, `rondo data snapshot NAME` records what lies there"
	}
	return "in a Rondo project, `rondo runs compare` shows what differs between runs"
}

// withDVC lets verbs do what DVC does where DVC tracks the data.
func withDVC(all []verb) []verb {
	for i, v := range all {
		d, ok := dvcVariants[v.name]
		if !ok {
			continue
		}
		all[i].long += d.long
		all[i].flags = func(f *flag.FlagSet) {
			if v.flags != nil {
				v.flags(f)
			}
			if d.flags != nil {
				d.flags(f)
			}
		}
		all[i].run = func(ctx context.Context, c *call) error {
			if !c.tracksByDVC() {
				if err := c.refuse(d.flags); err != nil {
					return err
				}
				return v.run(ctx, c)
			}
			p, err := dvc.Open(c.dir)
			if err != nil {
				return err
			}
			defer p.Close()
			p.Waits = c.waits
			return d.run(ctx, c, p)
		}
	}
	return all
}

// waits tells what a verb waits for; it goes on by itself.
func (c *call) waits(text string) { fmt.Fprintln(c.Stderr, harmless("rondo: "+text)) }

// refuse names a flag that is for DVC projects only, and that would mean nothing here.
func (c *call) refuse(only func(f *flag.FlagSet)) (err error) {
	if only == nil {
		return nil
	}
	f := flag.NewFlagSet("", flag.ContinueOnError)
	only(f)
	c.flags.Visit(func(given *flag.Flag) {
		if f.Lookup(given.Name) != nil && err == nil {
			err = errs.New(errs.Invalid, "--%s is for DVC projects whose data DVC tracks, and %s is none", given.Name, c.dir).WithHint("see `rondo help %s`", c.verb.name)
		}
	})
	return err
}

// hasDVC reports whether the project's folder is one of DVC's, too.
func (c *call) hasDVC() bool {
	info, err := os.Stat(filepath.Join(c.dir, dvc.Dir))
	return err == nil && info.IsDir()
}

// stagesFile is the file that stages are written into.
func (c *call) stagesFile() string {
	if c.hasDVC() {
		if _, err := os.Stat(filepath.Join(c.dir, project.FileName)); err != nil {
			return metafile.PipelineFile
		}
	}
	return project.FileName
}

// tracksByDVC reports whether the project is one of DVC's without datasets of its own.
func (c *call) tracksByDVC() bool {
	if !c.hasDVC() {
		return false
	}
	p, err := project.Open(c.dir)
	if err != nil {
		return false
	}
	f, err := p.Read()
	return err == nil && len(f.Datasets) == 0
}

var dvcVariants = map[string]dvcVariant{
	"data list": {run: dvcList},
	"data status": {
		long:  "\n\nIn a DVC project it tells what `dvc data status` tells, of all or of some outs, .dvc files or stages;\nof a file or folder in a tracked folder it tells what differs there.",
		flags: func(f *flag.FlagSet) { f.Bool("granular", false, "in a DVC project: look into folders") },
		run:   dvcDataStatus,
	},
	"data add": {
		long: "\n\nIn a DVC project it writes PATH.dvc and DVC's cache, as dvc add does; several paths may be\nnamed, also below a tracked folder. With --to-remote one path or address goes to a remote, and its data\nneither into the folder nor the cache.\n\n  rondo data add s3://bucket/images --to-remote --to data/images",
		flags: func(f *flag.FlagSet) {
			f.Bool("to-remote", false, "in a DVC project: send the data to a remote, and keep none of it here")
			f.String("remote", "", "in a DVC project, with --to-remote: the `NAME` of the remote")
			f.String("to", "", "in a DVC project, with --to-remote: the `PATH` at which it is tracked")
			f.Bool("force", false, "in a DVC project, with --to-remote: although something lies there")
		},
		run: dvcAdd,
	},
	"data checkout": {long: "\n\nIn a DVC project the arguments are outs, files or folders in one, .dvc files or stages, or\nnothing for all, and the files come from DVC's cache.", flags: selectionFlags, run: dvcCheckout},
	"data commit":   {run: dvcCommit},
	"data remove":   {flags: func(f *flag.FlagSet) { f.Bool("outs", false, "delete the data, too") }, run: dvcRemove},
	"data gc": {
		long: "\n\nIn a DVC project it removes objects of DVC's cache that neither the folder nor any commit\nnames; with --all-branches and --all-tags it keeps of the commits only the last of each branch and tag, and with\n--workspace what the folder names. Experiments are kept but with --workspace.\n" +
			"With --cloud it is the remote that is looked at: what nothing needs there is told, and goes with a run a day\nlater. Commits that are not here are not known: git fetch first.",
		flags: func(f *flag.FlagSet) {
			f.Bool("workspace", false, "in a DVC project: keep only what the folder names")
			f.Bool("cloud", false, "in a DVC project: collect in the remote, and not here")
			revisionFlags(f)
		},
		run: dvcCollect,
	},
}

// ofDatasets are verbs about datasets and their snapshots, which a project whose data DVC
// tracks has none of.
var ofDatasets = []string{"log", "files", "tag", "snapshot", "profile", "lineage", "sql"}

func init() {
	for _, name := range ofDatasets {
		dvcVariants["data "+name] = dvcVariant{run: func(_ context.Context, c *call, _ *dvc.Project) error {
			return errs.New(errs.Precondition, "rondo data %s is about the snapshots of a Rondo project, and in %s DVC tracks the data", name, c.dir).
				WithHint("`rondo import dvc` makes datasets of it, beside what it is; data status, diff, cat, preview, add, commit, checkout, fetch, push, update, verify and gc work as it is")
		}}
	}
}

func dvcList(ctx context.Context, c *call, p *dvc.Project) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	list := p.Tracked()
	if c.json {
		return c.print(list)
	}
	rows := [][]string{{"PATH", "SIZE", "BY", "HASH"}}
	for _, d := range list {
		rows = append(rows, []string{d.Path, size(d.Size), d.By, d.MD5})
	}
	c.table(rows)
	return nil
}

func dvcDataStatus(ctx context.Context, c *call, p *dvc.Project) error {
	targets, err := c.dvcTargets(p)
	if err != nil {
		return err
	}
	st, err := p.DataStatus(ctx, c.isSet("granular"), targets...)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(st)
	}
	c.sayList("Not in the cache:", "rondo data fetch brings it from a remote", st.NotInCache)
	c.sayDataDiff("Recorded since the last commit:", "git commit keeps it", st.Committed)
	c.sayDataDiff("Not recorded:", "rondo data commit records it, rondo data checkout takes it back", st.Uncommitted)
	if len(st.NotInCache) == 0 && st.Committed.Clean() && st.Uncommitted.Clean() {
		c.say("No changes.")
	}
	return nil
}

func (c *call) sayList(title, hint string, list []string) {
	if len(list) == 0 {
		return
	}
	c.say("%s   (%s)", title, hint)
	for _, at := range list {
		c.say("  %s", at)
	}
}

func (c *call) sayDataDiff(title, hint string, d dvc.DataDiff) {
	var lines []string
	for _, part := range []struct {
		word string
		list []string
	}{{"added", d.Added}, {"modified", d.Modified}, {"deleted", d.Deleted}, {"unknown", d.Unknown}} {
		for _, at := range part.list {
			lines = append(lines, part.word+": "+at)
		}
	}
	for _, r := range d.Renamed {
		lines = append(lines, "renamed: "+r.Old+" → "+r.New)
	}
	c.sayList(title, hint, lines)
}

// dvcPaths turns paths as the person typed them into those of the project.
func (c *call) dvcPaths() (list []string, err error) {
	for _, a := range c.args {
		at, err := c.inProject(a)
		if err != nil {
			return nil, err
		}
		list = append(list, at)
	}
	return list, nil
}

// dvcTargets are paths, or the addresses of stages, which are none.
func (c *call) dvcTargets(p *dvc.Project) (list []string, err error) {
	for _, a := range c.args {
		at := a
		if !p.HasStage(a) {
			if at, err = c.inProject(a); err != nil {
				return nil, err
			}
		}
		list = append(list, at)
	}
	return list, nil
}
