package cli

import (
	"context"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/project"
)

func dvcAdd(ctx context.Context, c *call, p *dvc.Project) error {
	if c.isSet("to-remote") {
		return dvcSend(ctx, c, p)
	}
	for _, flag := range []string{"remote", "to"} {
		if c.value(flag) != "" {
			return errs.New(errs.Invalid, "--%s is for what goes to a remote", flag).WithHint("rondo data add PATH --to-remote --%s %s; the default remote is that of `rondo remote default`", flag, c.value(flag))
		}
	}
	if err := c.want(1, -1); err != nil {
		return err
	}
	list, err := c.dvcPaths()
	if err != nil {
		return err
	}
	if err := p.Add(ctx, list...); err != nil {
		return err
	}
	return c.dvcDone(map[string]any{"added": list}, "%s tracked by DVC: %s", counted(int64(len(list)), "path"), strings.Join(list, ", "))
}

// dvcSend tracks what goes to a remote.
func dvcSend(ctx context.Context, c *call, p *dvc.Project) (err error) {
	if err := c.want(1, 1); err != nil {
		return err
	}
	in := dvc.Send{Remote: c.value("remote"), Force: c.isSet("force")}
	if in.From, err = c.originHere(c.args[0]); err != nil {
		return err
	}
	to := c.value("to")
	if to == "" && strings.Contains(in.From, "://") {
		to = c.Dir
	}
	if to != "" {
		if in.Out, err = c.inProject(to); err != nil {
			return err
		}
	}
	ctx, stop := c.working(ctx, "sent")
	defer stop()
	done, err := p.Send(ctx, in)
	stop()
	if err != nil {
		return err
	}
	return c.dvcDone(done, "%s tracked: the remote has it, and `rondo data pull` brings it", done.Path)
}

func (c *call) dvcDone(answer any, format string, args ...any) error {
	if c.json {
		return c.print(answer)
	}
	c.say(format, args...)
	return nil
}

func dvcCheckout(ctx context.Context, c *call, p *dvc.Project) error {
	in, err := c.selection(p)
	if err != nil {
		return err
	}
	done, err := p.Checkout(ctx, dvc.Checkout{Selection: in, Force: c.isSet("force")})
	if c.json && err == nil {
		return c.print(done)
	}
	c.sayChanges(done, err == nil)
	return err
}

// sayChanges tells what a checkout has changed, and of one that went well that it was nothing.
func (c *call) sayChanges(done dvc.Changes, well bool) {
	for _, part := range []struct {
		mark string
		list []string
	}{{"A", done.Added}, {"M", done.Modified}, {"D", done.Deleted}} {
		for _, at := range part.list {
			c.say("  %s  %s", part.mark, at)
		}
	}
	if well && len(done.Added)+len(done.Modified)+len(done.Deleted) == 0 {
		c.say("Everything is as the .dvc files and locks say.")
	}
}

func dvcCommit(ctx context.Context, c *call, p *dvc.Project) error {
	targets, err := c.dvcTargets(p)
	if err != nil {
		return err
	}
	if err := c.allowOutside(ctx, p); err != nil {
		return err
	}
	if err := p.CommitAll(ctx, targets...); err != nil {
		return err
	}
	return c.dvcDone(map[string]any{"committed": targets}, "Recorded. `git status` shows the files that say so.")
}

// allowOutside lets be read what stages name outside of the project, if they are trusted.
func (c *call) allowOutside(ctx context.Context, p *dvc.Project) error {
	outside := p.Outside()
	if len(outside) == 0 {
		return nil
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var q project.Question
	if err := api.Get(ctx, "/trust", &q); err != nil {
		return err
	}
	if !q.Needed {
		p.Allow(outside...)
	}
	return nil
}

func dvcRemove(ctx context.Context, c *call, p *dvc.Project) error {
	if err := c.want(1, -1); err != nil {
		return err
	}
	list, err := c.dvcPaths()
	if err != nil {
		return err
	}
	for _, name := range list {
		if err := p.Remove(ctx, name, c.isSet("outs")); err != nil {
			return err
		}
	}
	return c.dvcDone(map[string]any{"removed": list}, "No longer tracked: %s", strings.Join(list, ", "))
}

func dvcCollect(ctx context.Context, c *call, p *dvc.Project) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	in := dvc.Collect{Revisions: c.revisions(), Dry: c.isSet("dry-run")}
	switch {
	case c.isSet("workspace") && in.Revisions.Any():
		return errs.New(errs.Invalid, "--workspace keeps what the folder names and no more").WithHint("leave out one of the flags")
	case !c.isSet("workspace") && !in.Revisions.Any():
		in.Commits = true
	}
	in.Experiments = !c.isSet("workspace")
	if c.isSet("cloud") {
		return c.dvcCollectFar(ctx, p, in.Revisions)
	}
	if c.value("remote") != "" {
		return errs.New(errs.Invalid, "--remote names where --cloud removes, and that is not said").WithHint("rondo data gc --cloud --remote %s", c.value("remote"))
	}
	done, err := p.Collect(ctx, in)
	if err != nil {
		return err
	}
	word := "removed from"
	if in.Dry {
		word = "would be removed from"
	}
	return c.dvcDone(done, "%s (%s) %s DVC's cache", counted(int64(done.Removed), "object"), size(done.Bytes), word)
}
