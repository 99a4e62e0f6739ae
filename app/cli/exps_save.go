package cli

import (
	"context"
	"flag"
	"strings"

	"rondo/backend/interop/dvc"
)

var expsSaveVerb = verb{
	name: "exps save", args: "[TARGET…]", short: "in a DVC project: keep the folder as an experiment, as dvc exp save does", run: expsSave,
	long: "Records the data (rondo data commit), of some .dvc files or stages if they are named, and commits what git tracks as it\n" +
		"lies there, beside the metrics, params and plots at the top of dvc.yaml. No branch has that commit; what is checked out\n" +
		"and what is staged stay. Untracked files belong to it if they are included.\n\n" +
		"  rondo exps save --name lr-0.1\n  rondo exps save --name wider --include-untracked notes.md --include-untracked figures -m \"twice the units\"",
	flags: func(f *flag.FlagSet) {
		f.String("name", "", "the experiment's `NAME`; without it one is made up")
		f.Bool("force", false, "replace an experiment of that name")
		f.Var(&paths{}, "include-untracked", "a `PATH` that git does not track, of a file or folder; may be said more than once")
		f.String("m", "", "what it is, in `words`; without it what dvc writes")
		f.String("message", "", "the same as -m, in `words`")
	},
}

// paths collects a flag that may be said more than once.
type paths struct{ list []string }

func (p *paths) String() string { return strings.Join(p.list, " ") }

func (p *paths) Set(s string) error {
	p.list = append(p.list, s)
	return nil
}

func expsSave(ctx context.Context, c *call) error {
	return c.onExps(0, -1, func(p *dvc.Project) error {
		in := dvc.SaveExp{Name: c.value("name"), Message: c.value("m") + c.value("message"), Force: c.isSet("force")}
		var err error
		if in.Targets, err = c.dvcTargets(p); err != nil {
			return err
		}
		for _, typed := range c.flags.Lookup("include-untracked").Value.(*paths).list {
			at, err := c.inProject(typed)
			if err != nil {
				return err
			}
			in.Untracked = append(in.Untracked, at)
		}
		if err := c.allowOutside(ctx, p); err != nil {
			return err
		}
		done, err := p.SaveExp(ctx, in)
		if err != nil {
			return err
		}
		if c.json {
			return c.print(done)
		}
		c.say("Saved as the experiment %s (%.12s).", done.Name, done.Commit)
		c.sayList("Not in it, for git does not track them:", "--include-untracked PATH takes one along", done.Left)
		return nil
	})
}
