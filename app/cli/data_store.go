package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/store"
)

var dataStoreVerbs = []verb{
	{
		name: "data verify", args: "[NAME[@NUMBER]]", short: "read a snapshot, or all objects, to the last byte and name every damaged file",
		long: "Without a name it reads everything that the project keeps. When that is interrupted, the\nnext one goes on where it was. A sample finds out less, sooner.\nWith --remote it reads what a remote has, and names the snapshots and files that need what is\ndamaged or missing there. `rondo data push` then sends that again.\n\n  rondo data verify --sample 5\n  rondo data verify --remote disk",
		flags: func(f *flag.FlagSet) {
			f.String("sample", "", "read only so many `percent` of all objects, chosen by chance")
			f.String("remote", "", "read what the remote of this `name` has instead of the project")
		},
		run: dataVerify,
	},
	{
		name: "data repair", short: "take what is damaged or missing from a remote or another copy of the project",
		long: "It reads everything, replaces what is damaged by what a source has once that is verified, and\nsays what it could not heal. Without --from it asks all remotes.\n\n  rondo data repair --from /media/anna/weather",
		flags: func(f *flag.FlagSet) {
			f.String("from", "", "a remote's name, or the folder of another copy of the project, as `SOURCE`")
		},
		run: dataRepair,
	},
	{
		name: "data unprotect", args: "NAME", short: "give a dataset files of its own that may be written to",
		long: "With `link: hardlink` in rondo.yaml a large file is one with the copy that snapshots keep, and\nread-only. This puts copies in their place. The next snapshot links what is there then.\n\n  rondo data unprotect reviews",
		run:  dataUnprotect,
	},
	{
		name: "data gc", short: "remove objects that nothing refers to",
		long: "What no snapshot, run, version, lock or other record of any device mentions is marked\nfirst, and removed by a later gc: after an hour, or 30 days where several devices write\nto the project; a --grace below a day then has to be meant. Nothing is removed while it cannot\nbe told what is needed.\nWith --remote it does so there: what no snapshot that the remote lists, nor one of this\nproject, refers to is removed by a gc that comes a day later, unless somebody pushed meanwhile.\n\n  rondo data gc --dry-run\n  rondo data gc --remote disk --dry-run",
		flags: func(f *flag.FlagSet) {
			f.Bool("dry-run", false, "only show what would be marked and removed")
			f.Duration("grace", 0, "remove what was marked this `time` ago, such as 10m")
			f.Bool("force", false, "with a --grace below a day, although other devices write to the project")
			f.String("remote", "", "collect on the remote of this `name` instead of here")
		},
		run: dataCollect,
	},
	{
		name: "data remote", args: "[NAME [ADDRESS]]", short: "list the remotes, or give a place a name as one",
		long: "A remote keeps snapshots for several projects or people: a folder on another disk, a folder of\nanother computer by ssh, or an S3 bucket. ssh uses your ~/.ssh/config, agent and keys; S3 your\nenvironment (AWS_ACCESS_KEY_ID …) or ~/.aws/credentials. No secret is kept.\n\n" +
			"  rondo data remote disk /media/disk/rondo\n  rondo data remote box me@box:/srv/rondo\n  rondo data remote cloud 's3://bucket/team?endpoint=s3.example.org&region=eu-1'",
		flags: func(f *flag.FlagSet) { f.Bool("forget", false, "take the name away; the place is left alone") },
		run:   dataRemote,
	},
	{name: "data push", args: "[DATASET…]", short: "copy snapshots to a remote that lacks them", flags: remoteFlag, run: dataPush},
	{
		name: "data fetch", args: "[DATASET…] | NAME[@NUMBER] [PATH…]", short: "copy snapshots from a remote, or some files of one",
		long:  "With NAME@NUMBER it is that snapshot alone. With paths of files or folders in the dataset only\ntheir content comes over, of the snapshot that the pointer NAME.snap names where no number is\ngiven. A call that is cut off goes on where it was when it is made again.\n\n  rondo data fetch\n  rondo data fetch images train/cats\n  rondo data fetch images@3",
		flags: remoteFlag, run: dataFetch,
	},
	{
		name: "data pull", args: "[NAME[@NUMBER] [PATH…]]", short: "fetch a dataset's snapshots, or some files of one, and bring files back",
		long: "Without a number it is the snapshot that the pointer NAME.snap names, so that `git pull`\nfollowed by this gives the data of that commit; without a name that of all datasets which are here\nor have a pointer. With paths of files or folders in the dataset\nonly these come over and are brought back; the rest and the pointer stay.\n\n  rondo data pull images train/cats",
		flags: func(f *flag.FlagSet) {
			remoteFlag(f)
			f.Bool("force", false, "overwrite work that no snapshot has")
		},
		run: dataPull,
	},
	{name: "data remote-status", short: "compare the snapshots here with those of a remote", flags: remoteFlag, run: dataRemoteStatus},
}

func remoteFlag(f *flag.FlagSet) {
	f.String("remote", "", "the remote's `name`; the only one if empty")
}

func dataVerify(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	name := c.value("remote")
	if len(c.args) == 1 && name != "" {
		return errs.New(errs.Invalid, "of a remote all is read, and not %s alone", c.args[0]).WithHint("rondo data verify --remote %s", name)
	}
	if len(c.args) == 1 {
		return c.verifyOne(ctx, c.args[0])
	}
	sample, err := c.sample()
	if err != nil {
		return err
	}
	if name != "" {
		return c.verifyRemote(ctx, dataset.VerifyRemote{Remote: name, Sample: sample})
	}
	var v dataset.Verified
	err = c.actOnData(ctx, http.MethodPost, "/objects/verify", dataset.VerifyAll{Sample: sample}, &v, func() error {
		if v.Resumed > 0 {
			c.say("%s", notAgain(v.Resumed))
		}
		if v.OK {
			c.say("%s read, all intact", counted(int64(v.Objects), "object"))
			return nil
		}
		return c.lacking(v)
	})
	return c.answered(err, v.OK)
}

// lacking tells what is damaged, and what is missing where nothing is.
func (c *call) lacking(v dataset.Verified) error {
	if v.Missing < len(v.Problems) {
		return c.damaged(v.Problems, "the project")
	}
	c.sayProblems(v.Problems)
	return errs.New(errs.Corrupt, "%s read, all intact, but %s missing that snapshots stand on", counted(int64(v.Objects), "object"), counts(int64(v.Missing), "object", "is", "are")).
		WithHint("%s", v.Problems[0].Hint)
}

// sample is the share that is read, in percent; 0 is all.
func (c *call) sample() (float64, error) {
	text := c.value("sample")
	if text == "" {
		return 0, nil
	}
	percent, err := strconv.ParseFloat(text, 64)
	if err != nil || percent <= 0 {
		return 0, errs.New(errs.Invalid, "%q is no percentage", text).WithHint("give a number above 0, such as 5")
	}
	return percent, nil
}

// answered ends a check whose JSON was printed with exit code 1 where something is wrong.
func (c *call) answered(err error, ok bool) error {
	if err == nil && c.json && !ok {
		return exitWith(exitFailed)
	}
	return err
}

func (c *call) damaged(problems []dataset.Problem, what string) error {
	c.sayProblems(problems)
	return errs.New(errs.Corrupt, "%s has %s", what, counted(int64(len(problems)), "damaged object")).
		WithHint("%s", cmp.Or(problems[0].Hint, "`rondo data repair` takes what is damaged from a remote or another copy of the project"))
}

func (c *call) sayProblems(problems []dataset.Problem) {
	for i, p := range problems {
		if i == maxShown {
			c.say("… and %d more (--json lists them)", len(problems)-maxShown)
			break
		}
		c.sayProblem(p)
	}
}

// sayProblem tells what is wrong with an object, and who needs it.
func (c *call) sayProblem(p dataset.Problem) {
	if strings.Contains(p.Message, p.File) {
		c.say("%s", p.Message)
	} else {
		c.say("%s: %s", p.File, p.Message)
	}
	for _, n := range p.Needs {
		c.say("  needed by %s", needWords(n))
	}
}

func dataUnprotect(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var u dataset.Unprotected
	return c.act(ctx, http.MethodPost, dataPath(c.args[0], "unprotect"), nil, &u, func() error {
		c.say("%s of %s may be written to now; %s copied", counted(int64(u.Files), "file"), c.args[0], size(u.Bytes))
		return nil
	})
}

func dataCollect(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	grace, err := time.ParseDuration(c.value("grace"))
	if err != nil {
		return errs.New(errs.Invalid, "%q is no time", c.value("grace")).WithHint("write it like 10m or 24h")
	}
	if name := c.value("remote"); name != "" {
		return c.collectRemote(ctx, dataset.CollectRemote{Remote: name, Dry: c.isSet("dry-run"), Grace: grace})
	}
	var g dataset.Collected
	in := dataset.Collect{Dry: c.isSet("dry-run"), Grace: grace, Force: c.isSet("force")}
	return c.actOnData(ctx, http.MethodPost, "/objects/collect", in, &g, func() error {
		c.sayCollected(g.Garbage, g.Next, in.Dry, "rondo data gc")
		return nil
	})
}

func (c *call) collectRemote(ctx context.Context, in dataset.CollectRemote) error {
	var g dataset.CollectedRemote
	return c.act(ctx, http.MethodPost, "/remotes/collect", in, &g, func() error {
		c.say("%s: %s", g.Remote.Name, counted(int64(g.Snapshots), "snapshot"))
		c.sayCollected(g.Garbage, g.Next, in.Dry, "rondo data gc --remote "+g.Remote.Name)
		return nil
	})
}

func (c *call) sayCollected(g store.Garbage, next time.Time, dry bool, again string) {
	c.say("%s needed by something, %s (%s) by nothing", counted(int64(g.Needed), "object"), counted(int64(g.Objects), "object"), size(g.Bytes))
	switch {
	case dry:
		c.say("%s (%s) would be removed now", counted(int64(g.Objects-g.Waiting), "object"), size(g.Bytes-g.WaitingBytes))
	case g.Removed > 0:
		c.say("%s removed, %s freed", counted(int64(g.Removed), "object"), size(g.Freed))
	}
	if g.Waiting > 0 && !dry {
		c.say("%s marked; `%s` removes them from %s on", counted(int64(g.Waiting), "object"), again, next.Local().Format("2006-01-02 15:04"))
	}
}

func dataRemote(ctx context.Context, c *call) error {
	if err := c.want(0, 2); err != nil {
		return err
	}
	var list []far.Remote
	show := func() error {
		rows := [][]string{{"REMOTE", "ADDRESS"}}
		for _, r := range list {
			rows = append(rows, []string{r.Name, r.Address})
		}
		if len(list) == 0 {
			c.say("No remotes yet. `rondo data remote NAME ADDRESS` names one.")
			c.sayRemotesOfDVC()
			return nil
		}
		c.table(rows)
		return nil
	}
	if len(c.args) == 0 {
		return c.fetch(ctx, "/remotes", &list, show)
	}
	in := far.Remote{Name: c.args[0]}
	switch {
	case len(c.args) == 2:
		if in.Address = c.args[1]; !strings.Contains(in.Address, ":") && !filepath.IsAbs(in.Address) {
			in.Address = filepath.Join(c.Dir, in.Address)
		}
	case !c.isSet("forget"):
		return errs.New(errs.Invalid, "where is %s?", in.Name).WithHint("rondo data remote %s ADDRESS", in.Name)
	}
	return c.act(ctx, http.MethodPost, "/remotes", in, &list, show)
}

func dataPush(ctx context.Context, c *call) error { return c.exchange(ctx, "push") }

func dataFetch(ctx context.Context, c *call) error {
	if len(c.args) == 0 || !strings.Contains(c.args[0], "@") {
		return c.exchange(ctx, "fetch") // where the server knows whether further names are paths
	}
	name, number, err := c.splitRef(ctx, c.args[0])
	if err != nil {
		return err
	}
	part := dataset.Part{Remote: c.value("remote"), Dataset: name, Number: number, Paths: c.args[1:]}
	return c.copied(ctx, "fetch", map[string]any{"part": part})
}

func (c *call) exchange(ctx context.Context, verb string) error {
	return c.copied(ctx, verb, dataset.Exchange{Remote: c.value("remote"), Datasets: c.args})
}

func (c *call) copied(ctx context.Context, verb string, in any) error {
	where := "here"
	if verb == "push" {
		where = "on both sides"
	}
	var x dataset.Exchanged
	err := c.actOnData(ctx, http.MethodPost, "/remotes/"+verb, in, &x, func() error {
		c.sayExchanged(x, where)
		return c.amiss(x)
	})
	return c.answered(err, len(x.Unread)+len(x.Damaged) == 0)
}

// amiss tells of records of a remote that could not be read, and of what is damaged there; all
// else was copied.
func (c *call) amiss(x dataset.Exchanged) error {
	c.sayFarProblems(x.Unread)
	c.sayFarProblems(x.Damaged)
	switch {
	case len(x.Damaged) > 0:
		return errs.New(errs.Corrupt, "the remote %s has %s damaged or missing; all else is here", x.Remote.Name, counted(objectsIn(x.Damaged), "object")).
			WithHint("%s", x.Damaged[0].Hint)
	case len(x.Unread) > 0:
		return errs.New(errs.Corrupt, "the remote %s has %s that cannot be read", x.Remote.Name, counted(int64(len(x.Unread)), "record")).
			WithHint("%s", x.Unread[0].Hint)
	}
	return nil
}

// sayExchanged tells what was copied; where is the side that its snapshots are known to be whole on.
func (c *call) sayExchanged(x dataset.Exchanged, where string) {
	if x.Part != nil && x.Part.InPart() {
		c.say("%s: %s copied, %s; of %s this is here: %s", x.Remote.Name, counted(int64(x.Objects), "object"), size(x.Bytes), x.Part.Ref(), fewNames(x.Part.Fetched))
		return
	}
	inPart := ""
	if x.InPart > 0 {
		inPart = fmt.Sprintf(", %d whole there and here in part", x.InPart)
	}
	if x.Partly > 0 {
		inPart += fmt.Sprintf(", %d here in part", x.Partly)
	}
	c.say("%s: %s whole %s%s, %d new; %s copied, %s", x.Remote.Name, counted(int64(x.Snapshots), "snapshot"), where, inPart, x.New, counted(int64(x.Objects), "object"), size(x.Bytes))
	if x.Healed > 0 {
		c.say("damaged there before and sound now: %s", counted(int64(x.Healed), "object"))
	}
}

func dataPull(ctx context.Context, c *call) error {
	if len(c.args) == 0 {
		return c.pullAll(ctx)
	}
	name, number, err := c.splitRef(ctx, c.args[0])
	if err != nil {
		return err
	}
	var out struct {
		Snapshot  dataset.Snapshot  `json:"snapshot"`
		Exchanged dataset.Exchanged `json:"exchanged"`
	}
	in := map[string]any{"remote": c.value("remote"), "dataset": name, "number": number, "paths": c.args[1:], "force": c.isSet("force")}
	err = c.actOnData(ctx, http.MethodPost, "/remotes/pull", in, &out, func() error {
		c.sayExchanged(out.Exchanged, "here")
		if len(c.args) > 1 {
			c.sayPart(c.args[1:], out.Snapshot)
		} else {
			c.sayCheckedOut(out.Snapshot)
		}
		return c.amiss(out.Exchanged)
	})
	return c.answered(err, len(out.Exchanged.Unread)+len(out.Exchanged.Damaged) == 0)
}

func dataRemoteStatus(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var list []dataset.RemoteStatus
	err := c.actOnData(ctx, http.MethodGet, "/remotes/status?"+url.Values{"remote": {c.value("remote")}}.Encode(), nil, &list, func() error {
		rows := [][]string{{"DATASET", "HERE", "IN PART", "THERE", "TO PUSH", "TO FETCH", ""}}
		for _, st := range list {
			if st.File != "" {
				continue
			}
			word := ""
			if st.InSync {
				word = "in sync"
			}
			rows = append(rows, []string{st.Dataset, strconv.Itoa(st.Here), strconv.Itoa(st.InPart), strconv.Itoa(st.There), strconv.Itoa(st.ToPush), strconv.Itoa(st.ToFetch), word})
		}
		c.table(rows)
		for _, st := range list {
			if st.Text != "" {
				c.say("%s: %s", st.Dataset+st.File, st.Text)
			}
		}
		if n := unreadable(list); n > 0 {
			return errs.New(errs.Corrupt, "%s there cannot be read", counted(int64(n), "record")).WithHint("a push from a project that has the snapshot writes its record anew")
		}
		return nil
	})
	return c.answered(err, unreadable(list) == 0)
}

// unreadable counts the records of a remote that cannot be read.
func unreadable(list []dataset.RemoteStatus) (n int) {
	for _, st := range list {
		if st.File != "" {
			n++
		}
	}
	return n
}
