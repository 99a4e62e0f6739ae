package cli

import (
	"cmp"
	"context"
	"flag"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
)

var expsRunVerb = verb{
	name: "exps run", of: "/pipeline", args: "[STAGE…]", short: "in a DVC project: run the stages that changed, and keep the result as an experiment", run: expsRun, flags: expsRunFlags,
	long: `
Does what dvc exp run does in the folder: sets the params, records changed data, runs
the stages that changed, and commits what lies there under refs/exps, where no branch
has it. HEAD, branches and what is staged stay. STAGE limits it to some stages and
what they need.

-S changes a param, as KEY=VALUE, or FILE:KEY=VALUE for another file than params.yaml.
+KEY=VALUE adds one, ++KEY=VALUE sets it whether it is there or not, ~KEY takes it out.
Values are numbers, true, false, null, text, lists [1,2] and mappings {a: 1}; text with
signs stands in quotes of its own. Comments and order of the file stay.

  rondo exps run -S train.lr=0.1 -S train.layers=[64,32]
  rondo exps run -n wide -m "twice the units" -S units=128
  rondo exps run -S conf/model.toml:depth=3 -S '+note="a=b, c"' -S ~old
  rondo exps run --dry -S lr=0.1     only say what would run`,
}

func expsRunFlags(f *flag.FlagSet) {
	f.Var(&paths{}, "S", "set a param first, as `[FILE:]KEY=VALUE`; may be given several times")
	f.Var(&paths{}, "set-param", "the same as -S, as `[FILE:]KEY=VALUE`")
	f.String("n", "", "the experiment's `name`; without it one is made up")
	f.String("name", "", "the same as -n, a `name`")
	f.String("m", "", "what it is, in `words`; without it what dvc writes")
	f.String("message", "", "the same as -m, in `words`")
	f.Bool("f", false, "run all stages, changed or not, and replace an experiment of that name")
	f.Bool("force", false, "the same as -f")
	f.Bool("s", false, "run the named stages alone, and not what they need")
	f.Bool("single-item", false, "the same as -s")
	f.Bool("downstream", false, "run the named stages and what depends on them")
	f.Bool("dry", false, "only say what would run")
}

func expsRun(ctx context.Context, c *call) error {
	in, err := c.expsRequest()
	if err != nil {
		return err
	}
	if c.isSet("dry") {
		return c.dry(ctx, in)
	}
	in.Env = environMap()
	e, err := c.carryOut(ctx, in)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(e)
	}
	if err := c.execution(e); err != nil || e.Kept == nil {
		return err
	}
	c.say("Kept as the experiment %s (%.12s); rondo exps lists them.", e.Kept.Name, e.Kept.Commit)
	return nil
}

func (c *call) expsRequest() (in pipeline.Request, err error) {
	e := &pipeline.Experiment{Name: cmp.Or(c.value("n"), c.value("name")), Message: cmp.Or(c.value("m"), c.value("message"))}
	for _, flag := range []string{"S", "set-param"} {
		for _, text := range c.flags.Lookup(flag).Value.(*paths).list {
			if text, err = c.paramInProject(text); err != nil {
				return in, err
			}
			e.Set = append(e.Set, text)
		}
	}
	in = pipeline.Request{Stages: c.args, Force: c.isSet("f") || c.isSet("force"), Experiment: e}
	single, down := c.isSet("s") || c.isSet("single-item"), c.isSet("downstream")
	switch {
	case single && down:
		return in, errs.New(errs.Invalid, "-s runs the named stages alone, and --downstream what depends on them, too").WithHint("say one of them")
	case (single || down) && len(c.args) == 0:
		return in, errs.New(errs.Invalid, "-s and --downstream are about stages, and none is named").WithHint("rondo exps run --downstream STAGE")
	case single:
		in.Extent = pipeline.Alone
	case down:
		in.Extent = pipeline.Downstream
	}
	return in, nil
}

// paramInProject names the file of a param from the project, where it is meant from where one is.
func (c *call) paramInProject(text string) (string, error) {
	front, _, _ := strings.Cut(text, "=")
	file, rest := "params.yaml", text
	if strings.Contains(front, ":") {
		file, rest, _ = strings.Cut(text, ":")
	}
	at, err := c.inProject(file)
	return at + ":" + rest, err
}
