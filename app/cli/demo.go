package cli

import (
	"context"
	"os"
	"time"

	"rondo/app/client"
	"rondo/app/demo"
	"rondo/app/sample"
	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/project"
)

var demoVerbs = []verb{{
	name: "demo", args: "[DIR]", short: "turn the whole loop once, on real weather, and print what happens", anywhere: true, run: runDemo,
	long: `
Makes the weather sample in DIR (rondo-demo, where nothing is said), which must not
hold a project yet, and goes round the loop: snapshot, train, judge, promote, serve,
drift, retrain, swap, roll back, repeat, rebuild. Nothing is simulated; the first
step that did not really happen ends it with an error.

  rondo demo
  rondo demo /tmp/weather`,
}}

func runDemo(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	c.dir = c.abs("rondo-demo")
	if len(c.args) == 1 {
		c.dir = c.abs(c.args[0])
	}
	if err := c.makeDemo(); err != nil {
		return err
	}
	defer c.endDemo()
	return demo.Run(ctx, demo.Options{Dir: c.dir, Out: c.Stdout, Connect: c.connectDemo, Forget: c.forget})
}

// makeDemo writes the sample as a project in a git repository of its own.
func (c *call) makeDemo() error {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return errs.Wrap(errs.Unavailable, err, "make the folder")
	}
	if err := sample.Write("weather", c.dir); err != nil {
		return err
	}
	if _, err := project.Init(c.dir, "weather"); err != nil {
		return err
	}
	return commitSample("weather", c.dir)
}

// commitSample makes dir a git repository whose first commit is the sample's code.
func commitSample(name, dir string) error {
	repo, err := git.Init(dir)
	if err != nil {
		return err
	}
	if err := repo.Introduce("Rondo sample", "sample@localhost"); err != nil {
		return err
	}
	paths, err := sample.Code(name)
	if err != nil {
		return err
	}
	_, err = repo.Commit(paths, "Begin with the "+name+" sample", time.Now())
	return err
}

// connectDemo reaches the server and allows the sample's commands, which are
// Rondo's own steps.
func (c *call) connectDemo(ctx context.Context) (demo.API, error) {
	api, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	var q project.Question
	if err := api.Get(ctx, "/trust", &q); err != nil || !q.Needed {
		return api, err
	}
	return api, api.Post(ctx, "/trust", map[string]any{"digest": q.Digest}, nil)
}

// endDemo ends the server that the demo started; looking at the project starts another.
func (c *call) endDemo() {
	if device, err := c.deviceDir(); err == nil {
		client.Stop(context.Background(), device)
	}
}
