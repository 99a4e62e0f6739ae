package cli

import (
	"context"
	"flag"
	"fmt"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

const (
	fromRemote = "\n\nIn a DVC project the remotes are those of .dvc/config, and the arguments are outs, files\nor folders in one, .dvc files or stages, or nothing for all. The flags are those of `dvc "
	toHeal     = "`.\nWhat `rondo data verify --remote` has found damaged there is replaced from the cache."
)

func init() {
	dvcVariants["data fetch"] = dvcVariant{long: fromRemote + "fetch`.\n\n  rondo data fetch images/train/cats\n  rondo data fetch --all-tags", flags: exchangeFlags, run: dvcExchange((*dvc.Project).Fetch, "fetched")}
	dvcVariants["data push"] = dvcVariant{long: fromRemote + "push" + toHeal + "\n\n  rondo data push images/train/cats\n  rondo data push --all-commits", flags: exchangeFlags, run: dvcExchange((*dvc.Project).Push, "pushed")}
	dvcVariants["data pull"] = dvcVariant{long: fromRemote + "pull`.\n\n  rondo data pull images/train/cats\n  rondo data pull --with-deps train", flags: exchangeFlags, run: dvcPull}
}

// revisionFlags say which commits are meant beside the folder.
func revisionFlags(f *flag.FlagSet) {
	f.Bool("all-branches", false, "in a DVC project: also the last commit of each branch")
	f.Bool("all-tags", false, "in a DVC project: also the commit of each tag")
	f.Bool("all-commits", false, "in a DVC project: also all commits")
}

// scopeFlags say which of what DVC tracks is meant.
func scopeFlags(f *flag.FlagSet) {
	revisionFlags(f)
	selectionFlags(f)
}

func selectionFlags(f *flag.FlagSet) {
	f.Bool("recursive", false, "in a DVC project: a folder means all .dvc files and stages below it")
	f.Bool("with-deps", false, "in a DVC project: also what the stages that are named are made of")
}

func exchangeFlags(f *flag.FlagSet) {
	scopeFlags(f)
	f.Bool("run-cache", false, "in a DVC project: also what DVC has noted of runs")
}

func (c *call) revisions() dvc.Revisions {
	return dvc.Revisions{Branches: c.isSet("all-branches"), Tags: c.isSet("all-tags"), Commits: c.isSet("all-commits")}
}

// selection is what arguments and flags name of what DVC tracks.
func (c *call) selection(p *dvc.Project) (dvc.Selection, error) {
	targets, err := c.dvcTargets(p)
	s := dvc.Selection{Targets: targets, Recursive: c.isSet("recursive"), WithDeps: c.isSet("with-deps")}
	if err == nil && (s.Recursive || s.WithDeps) && len(targets) == 0 {
		err = errs.New(errs.Invalid, "--recursive and --with-deps say more about what is named, and nothing is").WithHint("without a name it is all of it: leave them out")
	}
	return s, err
}

// atRemote is what is meant of a remote.
func (c *call) atRemote(p *dvc.Project) (dvc.Exchange, error) {
	s, err := c.selection(p)
	c.tellEarlyEnd(p)
	return dvc.Exchange{Remote: c.value("remote"), Selection: s, Revisions: c.revisions()}, err
}

// tellEarlyEnd says beside the answer that a shallow clone does not know all commits that are meant.
func (c *call) tellEarlyEnd(p *dvc.Project) {
	if end := p.EarlyEnd(c.revisions()); end != "" {
		fmt.Fprintln(c.Stderr, "rondo: "+end)
	}
}

// dvcExchange moves objects between DVC's cache and a remote.
func dvcExchange(move func(*dvc.Project, context.Context, dvc.Exchange) (dvc.Exchanged, error), word string) func(context.Context, *call, *dvc.Project) error {
	return func(ctx context.Context, c *call, p *dvc.Project) error {
		in, err := c.atRemote(p)
		if err != nil {
			return err
		}
		in.RunCache = c.isSet("run-cache")
		ctx, stop := c.working(ctx, word)
		defer stop()
		done, err := move(p, ctx, in)
		stop()
		switch {
		case err != nil:
			return err
		case c.json:
			return c.print(done)
		}
		c.sayMoved(done, word)
		return nil
	}
}

func (c *call) sayMoved(done dvc.Exchanged, word string) {
	c.say("%s %s, %s; %d were there", counted(int64(done.Objects), "object"), word, size(done.Bytes), done.There)
	if done.Runs > 0 {
		c.say("%s of the run cache %s", counted(int64(done.Runs), "note"), word)
	}
	if done.Healed > 0 {
		c.say("damaged there before and sound now: %s", counted(int64(done.Healed), "object"))
	}
	c.sayList("Not to be pulled yet:", "a folder's list follows when the remote has all of its files", done.Waiting)
	c.sayList("Damaged there still:", "what the cache has of it is not whole", done.Damaged)
	c.sayList("Damaged notes of the run cache, left where they are:", "their stages run once more", done.BadRuns)
	c.sayUnread(done.Unread)
}

func (c *call) sayUnread(list []string) {
	c.sayList("Left out, since a file there cannot be read:", "dvc leaves them out, too", list[:min(len(list), maxShown)])
	if more := len(list) - maxShown; more > 0 {
		c.say("… and %d more (--json lists them)", more)
	}
}

// dvcPull checks out also what did come where something else did not.
func dvcPull(ctx context.Context, c *call, p *dvc.Project) error {
	in, err := c.atRemote(p)
	if err != nil {
		return err
	}
	in.RunCache = c.isSet("run-cache")
	fetching, stop := c.working(ctx, "fetched")
	defer stop()
	fetched, absent := p.Fetch(fetching, in)
	stop()
	switch {
	case absent == nil && !c.json:
		c.sayMoved(fetched, "fetched")
	case absent != nil && !errs.Is(absent, errs.NotFound) && !errs.Is(absent, errs.Precondition) && !errs.Is(absent, errs.Corrupt):
		return absent
	}
	done, err := p.Checkout(ctx, dvc.Checkout{Selection: in.Selection, Force: c.isSet("force")})
	if !c.json {
		c.sayChanges(done, err == nil)
	}
	if err != nil && !(absent != nil && errs.Is(err, errs.NotFound)) {
		return err
	}
	if absent == nil && c.json {
		return c.print(struct {
			dvc.Exchanged
			dvc.Changes
		}{fetched, done})
	}
	return absent
}
