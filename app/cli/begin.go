package cli

import (
	"bufio"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"

	"rondo/app/client"
	"rondo/app/sample"
	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/project"
)

var beginVerbs = []verb{
	{
		name: "init", args: "[DIR]", short: "make a folder a project", anywhere: true, flags: initFlags, run: initProject,
		long: `
Writes rondo.yaml where there is none and the private folder .rondo. Nothing else
in the folder is touched. A sample outside of any git repository becomes one, with
its code as the first commit.

  rondo init
  rondo init --dvc                              a DVC project, for rondo and dvc
  rondo init --sample weather my-weather        the built-in steps, no Python needed
  rondo init --sample weather-python my-weather scikit-learn scripts that log with mlflow`,
	},
	{
		name: "trust", short: "look at the commands of rondo.yaml and allow them on this device", flags: trustFlags, run: trust,
		long: `
A project folder may come from anybody. Its commands, schedules and triggers do
not run before you have agreed to exactly them; when they change you are asked again.
What the stages of a dvc.yaml name outside of the project is read by the same word.

  rondo trust            show them and ask
  rondo trust --yes      agree without a question

A model that runs Python code of its own and came from another device has to be
trusted too, exactly as it is:

  rondo trust --model weather@3`,
	},
}

func initFlags(f *flag.FlagSet) {
	f.String("sample", "", "begin with a sample: "+strings.Join(sample.Names(), " or "))
	f.String("name", "", "the project's `NAME`; the folder's where nothing is said")
	f.Bool("dvc", false, "make a DVC project of it, as dvc init does, and not one of Rondo's own")
	f.Bool("no-scm", false, "with --dvc: without git")
	f.Bool("subdir", false, "with --dvc: in a folder of a git repository")
}

// initDVC makes a folder a DVC project.
func (c *call) initDVC(dir string) error {
	if c.value("sample") != "" || c.value("name") != "" {
		return errs.New(errs.Invalid, "--sample and --name are for Rondo's own projects").WithHint("leave them out, or --dvc")
	}
	made, err := dvc.Init(dvc.Begin{Dir: dir, NoSCM: c.isSet("no-scm"), Subdir: c.isSet("subdir")})
	if err != nil {
		return err
	}
	if c.json {
		return c.print(map[string]any{"dir": dir, "made": made})
	}
	c.say("%s is a DVC project now.", dir)
	if !c.isSet("no-scm") {
		c.say("Next: git add %s", strings.Join(made, " "))
	}
	return nil
}

func initProject(_ context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	dir := c.Dir
	if len(c.args) == 1 {
		dir = c.abs(c.args[0])
	} else if c.dir != "" {
		dir = c.abs(c.dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errs.Wrap(errs.Unavailable, err, "make the folder")
	}
	if c.isSet("dvc") {
		return c.initDVC(dir)
	}
	if c.isSet("no-scm") || c.isSet("subdir") {
		return errs.New(errs.Invalid, "--no-scm and --subdir belong to --dvc").WithHint("rondo init --dvc --no-scm")
	}
	if name := c.value("sample"); name != "" {
		if err := sample.Write(name, dir); err != nil {
			return err
		}
	}
	p, err := project.Init(dir, c.value("name"))
	if err != nil {
		return err
	}
	if err := beginGit(c.value("sample"), p.Dir); err != nil {
		return err
	}
	if err := mergeByRondo(p.Dir); err != nil {
		return err
	}
	if c.value("sample") != "" { // of which the disk need not have a file, nor of the repository that it became
		if err := atomicfile.SyncAll(p.Dir); err != nil {
			return errs.Unwritten(p.Dir, err)
		}
	}
	if c.json {
		return c.print(p)
	}
	c.say("%s is a Rondo project now.", p.Dir)
	if c.value("sample") == "" {
		c.say("Next: `rondo data add PATH` puts data under version control; stages and models stand in rondo.yaml; `rondo` opens it.")
		return nil
	}
	c.say("Next: `rondo trust` shows what its rondo.yaml may run, `rondo` opens it.")
	return nil
}

// beginGit gives a sample's code a first commit. In a repository of the person's own
// nothing is committed.
func beginGit(name, dir string) error {
	if name == "" {
		return nil
	}
	if repo, err := git.Open(dir); err != nil || repo.Exists() {
		return err
	}
	return commitSample(name, dir)
}

func (c *call) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}

func trustFlags(f *flag.FlagSet) {
	f.Bool("yes", false, "agree without a question")
	f.String("model", "", "trust the code of `MODEL@VERSION` instead")
}

func trust(ctx context.Context, c *call) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	if c.value("model") != "" {
		return c.trustModel(ctx, api)
	}
	var q project.Question
	if err := api.Get(ctx, "/trust", &q); err != nil {
		return err
	}
	if !c.json {
		c.show(q)
	}
	if q.Needed && (c.value("yes") == "true" || c.ask("Allow these on this device?")) {
		if err := api.Post(ctx, "/trust", map[string]any{"digest": q.Digest}, &q); err != nil {
			return err
		}
		if !c.json {
			c.say("Allowed. When they change you will be asked again.")
		}
	}
	if c.json {
		return c.print(q)
	}
	if q.Needed {
		return errs.New(errs.Denied, "nothing was allowed").WithHint("`rondo trust --yes` agrees without a question")
	}
	return nil
}

func (c *call) trustModel(ctx context.Context, api *client.Client) error {
	name, number, ok := strings.Cut(c.value("model"), "@")
	if !ok {
		return errs.New(errs.Invalid, "--model %s: want MODEL@VERSION, such as weather@3", name)
	}
	var v struct {
		Digest    string
		Flavor    string
		Source    string
		CreatedBy string `json:"created_by"`
	}
	if err := api.Get(ctx, modelPath(name, "versions", number), &v); err != nil {
		return err
	}
	if !c.json {
		c.say("%s version %s, registered by %s from %s\n  content %s", name, number, v.CreatedBy, v.Source, v.Digest)
	}
	if c.value("yes") != "true" && !c.ask("May its code run on this device?") {
		return errs.New(errs.Denied, "nothing was allowed").WithHint("`--yes` agrees without a question")
	}
	if err := api.Post(ctx, "/trust", map[string]any{"digest": v.Digest}, nil); err != nil || !c.json {
		return err
	}
	return c.print(map[string]string{"model": name, "version": number, "digest": v.Digest})
}

func (c *call) show(q project.Question) {
	if len(q.Actions) == 0 {
		c.say("rondo.yaml runs nothing.")
		return
	}
	for _, a := range q.Actions {
		line := a.Says()
		if a.Wdir != "" {
			line += "   (in " + a.Wdir + ")"
		}
		c.say("  %-8s %-14s %s", a.Kind, a.Name, line)
		for _, at := range a.Outside {
			c.say("  %-8s %-14s   outside of the project: %s", "", "", at)
		}
	}
	if !q.Needed {
		c.say("All of it is allowed on this device.")
	}
}

// ask asks a yes-or-no question; no answer is a no.
func (c *call) ask(question string) bool {
	if c.json || c.Stdin == nil {
		return false
	}
	c.Stdout.Write([]byte(question + " [y/N] "))
	line, _ := bufio.NewReader(c.Stdin).ReadString('\n')
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}
