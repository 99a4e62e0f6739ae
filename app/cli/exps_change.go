package cli

import (
	"context"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/exp"
)

// onExps does something with the experiments of the DVC project.
func (c *call) onExps(least, most int, do func(p *dvc.Project) error) error {
	if err := c.want(least, most); err != nil {
		return err
	}
	p, err := c.dvcProject()
	if err != nil {
		return err
	}
	defer p.Close()
	return do(p)
}

func expsApply(ctx context.Context, c *call) error {
	return c.onExps(1, 1, func(p *dvc.Project) error {
		done, err := p.Apply(ctx, c.args[0], c.isSet("force"))
		if c.json && err == nil {
			return c.print(done)
		}
		if !c.json {
			c.sayApplied(done)
		}
		if err == nil {
			c.say("The folder is as %s left it.", c.args[0])
		}
		return err
	})
}

// sayApplied tells which files are other than before, and where what they held is kept.
func (c *call) sayApplied(done dvc.Applied) {
	for _, part := range []struct {
		mark  string
		lists [][]string
	}{{"W", [][]string{done.Files.Written, done.Data.Added, done.Data.Modified}}, {"D", [][]string{done.Files.Removed, done.Data.Deleted}}} {
		for _, list := range part.lists {
			for _, at := range list {
				c.say("  %s  %s", part.mark, at)
			}
		}
	}
	for _, s := range done.Files.Left {
		c.say("  not written: %s: %s", s.Path, s.Reason)
	}
	c.sayList("Your changes to these files are kept in git:", "git checkout refs/exps/apply/stash -- PATH brings one back", done.Files.Replaced)
	c.sayList("These were not tracked, and are kept in git:", "git checkout refs/exps/apply/stash^3 -- PATH brings one back", done.Files.Loose)
}

func expsBranch(ctx context.Context, c *call) error {
	return c.onExps(1, 2, func(p *dvc.Project) error {
		branch := ""
		if len(c.args) > 1 {
			branch = c.args[1]
		}
		branch, err := p.Branch(ctx, c.args[0], branch)
		if err != nil {
			return err
		}
		return c.dvcDone(map[string]any{"experiment": c.args[0], "branch": branch}, "%s is a branch of git now: git checkout %s", branch, branch)
	})
}

func expsRename(ctx context.Context, c *call) error {
	return c.onExps(2, 2, func(p *dvc.Project) error {
		if err := p.Rename(ctx, c.args[0], c.args[1], c.isSet("force")); err != nil {
			return err
		}
		return c.dvcDone(map[string]any{"from": c.args[0], "to": c.args[1]}, "%s is called %s now.", c.args[0], c.args[1])
	})
}

func expsRemove(ctx context.Context, c *call) error {
	in := dvc.RemoveExps{Choice: exp.Choice{Names: c.args, All: c.isSet("all-commits") || c.isSet("A")}, Keep: c.isSet("keep")}
	if far := c.value("git-remote"); far != "" {
		in.Far = c.farRepository(far)
	}
	if rev := c.value("rev"); rev != "" {
		in.Revs = []string{rev}
	}
	if (in.All || in.Revs != nil) == (len(in.Names) > 0) {
		return errs.New(errs.Invalid, "either name experiments, or say --rev or --all-commits")
	}
	var err error
	if in.Num, err = strconv.Atoi(c.value("num")); err != nil {
		return err
	}
	return c.onExps(0, -1, func(p *dvc.Project) error {
		removed, err := p.RemoveExps(ctx, in)
		if err != nil {
			return err
		}
		if len(removed) == 0 {
			return c.dvcDone(map[string]any{"removed": removed}, "There are no experiments to remove.")
		}
		return c.dvcDone(map[string]any{"removed": removed}, "Removed: %s", strings.Join(removed, ", "))
	})
}
