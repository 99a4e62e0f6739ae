package cli

import (
	"context"
	"flag"
	"path"
	"strings"

	"rondo/backend/interop/dvc"
)

var dvcStageVerbs = []verb{{
	name: "stage add", args: "COMMAND…", short: "in a DVC project: write a stage into dvc.yaml, as dvc stage add does", flags: stageFlags, run: dvcStageAdd, command: true,
	long: "The dvc.yaml is that of the folder you are in; the rest of it stays as it is. Paths are meant from --wdir, which is\n" +
		"that folder without it. Git ignores what a cache keeps. All but -n, --desc, -w may be said more than once.\n\n" +
		"  rondo stage add -n train -d train.py -d data -p lr,epochs -o model.onnx -M metrics.json python train.py\n" +
		"  rondo stage add -n report -f -p conf.yaml:report --plots-no-cache roc.csv -- python report.py --roc roc.csv",
}}

// stageOuts are the flags that name what a stage makes.
var stageOuts = []struct {
	short, long, says string
	dvc.NewOut
}{
	{"o", "outs", "a `PATH` that it makes", dvc.NewOut{Kind: "outs"}},
	{"O", "outs-no-cache", "a `PATH` that it makes and no cache keeps", dvc.NewOut{Kind: "outs", NoCache: true}},
	{"", "outs-persist", "a `PATH` that it makes and that stays before it runs", dvc.NewOut{Kind: "outs", Persist: true}},
	{"", "outs-persist-no-cache", "a `PATH` of both kinds", dvc.NewOut{Kind: "outs", NoCache: true, Persist: true}},
	{"m", "metrics", "a `PATH` of metrics that it makes", dvc.NewOut{Kind: "metrics"}},
	{"M", "metrics-no-cache", "a `PATH` of metrics that no cache keeps", dvc.NewOut{Kind: "metrics", NoCache: true}},
	{"", "plots", "a `PATH` of plots that it makes", dvc.NewOut{Kind: "plots"}},
	{"", "plots-no-cache", "a `PATH` of plots that no cache keeps", dvc.NewOut{Kind: "plots", NoCache: true}},
}

func stageFlags(f *flag.FlagSet) {
	twice := func(v flag.Value, short, long, says string) {
		f.Var(v, long, says)
		if short != "" {
			f.Var(v, short, "the same as --"+long+", of a `PATH`")
		}
	}
	f.String("name", "", "the stage's `NAME`")
	f.String("n", "", "the same as --name, a `NAME`")
	twice(&paths{}, "d", "deps", "a `PATH` that it reads")
	twice(&paths{}, "p", "params", "params that it reads, as `KEY,KEY` or FILE:KEY,KEY, or FILE: for all")
	for _, o := range stageOuts {
		twice(&paths{}, o.short, o.long, o.says)
	}
	f.String("wdir", "", "the folder that it runs in, a `PATH`")
	f.String("w", "", "the same as --wdir, a `PATH`")
	f.String("desc", "", "what it is, in `words`")
	f.Bool("always-changed", false, "run it each time")
	f.Bool("force", false, "replace a stage of that name")
	f.Bool("f", false, "the same")
	f.Bool("run", false, "run it then, with what it needs")
}

func dvcStageAdd(ctx context.Context, c *call) error {
	if err := c.want(1, -1); err != nil {
		return err
	}
	p, err := c.dvcProject()
	if err != nil {
		return err
	}
	defer p.Close()
	in, err := c.newStage()
	if err != nil {
		return err
	}
	file, err := p.AddStage(ctx, in)
	if err != nil {
		return err
	}
	if c.isSet("run") {
		c.say("Stage %s is in %s now.", in.Name, file)
		c.args = []string{dvc.Address(file, in.Name)}
		return c.reproOnly(ctx)
	}
	return c.dvcDone(map[string]any{"stage": dvc.Address(file, in.Name), "file": file}, "Stage %s is in %s now. `rondo trust` allows its command, `rondo repro` runs it.", in.Name, file)
}

func (c *call) newStage() (in dvc.NewStage, err error) {
	in = dvc.NewStage{
		Name: c.value("name") + c.value("n"), Cmd: commandLine(c.args), Desc: c.value("desc"),
		Always: c.isSet("always-changed"), Force: c.isSet("force") || c.isSet("f"),
	}
	if in.Dir, err = c.inProject("."); err != nil {
		return in, err
	}
	in.Wdir = in.Dir
	if wdir := c.value("wdir") + c.value("w"); wdir != "" {
		if in.Wdir, err = c.inProject(wdir); err != nil {
			return in, err
		}
	}
	in.Dir, in.Wdir = path.Clean(in.Dir), path.Clean(in.Wdir)
	in.Deps, in.Params = c.listed("deps"), c.listed("params")
	for _, o := range stageOuts {
		for _, at := range c.listed(o.long) {
			one := o.NewOut
			one.Path = at
			in.Outs = append(in.Outs, one)
		}
	}
	return in, nil
}

// listed is what a flag was given, each time.
func (c *call) listed(flag string) []string { return c.flags.Lookup(flag).Value.(*paths).list }

// commandLine joins words as dvc does: one with spaces gets quotes.
func commandLine(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	out := make([]string, len(words))
	for i, w := range words {
		switch {
		case w == "":
			w = `""`
		case strings.Contains(w, " ") && !strings.Contains(w, `"`):
			w = `"` + w + `"`
		}
		out[i] = w
	}
	return strings.Join(out, " ")
}
