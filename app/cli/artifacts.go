package cli

import (
	"context"
	"flag"
	"fmt"
	"path"
	"strings"

	"rondo/backend/interop/dvc"
)

var artifactVerbs = []verb{
	{
		name: "artifacts", short: "in a DVC project: list its artifacts with their versions and stages", run: artifacts,
		long: "Shows what the dvc.yaml files name under artifacts:, and the versions (model@v1.2.3) and stages (model#prod#1) that\ntags of git give them, as GTO writes them.\n\n  rondo artifacts --json",
	},
	{
		name: "artifacts get", args: "REPOSITORY NAME", short: "bring an artifact of a DVC repository, by its version or stage", run: artifactsGet, anywhere: true, flags: artifactFlags,
		long: "Does what dvc artifacts get does from a repository: the tag says which commit, artifacts: of dvc.yaml there which\npath. Without --rev or --stage it is the greatest version. What was taken back is not brought.\n\n" +
			"  rondo artifacts get https://example.com/models.git text-model\n  rondo artifacts get ../models sub:text-model --stage prod --to model.pkl",
	},
}

func artifactFlags(f *flag.FlagSet) {
	f.String("rev", "", "the `VERSION`, such as v1.2.3")
	f.String("stage", "", "what is in that `STAGE`, such as prod")
	f.String("remote", "", "the remote of the repository that has the data, as `NAME`; without it its own default")
	f.String("config", "", "a `FILE` in .dvc/config's form, which is laid over the settings of the repository")
	f.String("to", "", "put it at `PATH`; a folder that is there gets it inside")
	forceFlag(f)
}

func artifacts(_ context.Context, c *call) error {
	return c.onExps(0, 0, func(p *dvc.Project) error {
		list, err := p.Artifacts()
		if err != nil {
			return err
		}
		if c.json {
			return c.print(list)
		}
		if len(list) == 0 {
			c.say("No dvc.yaml names artifacts.")
			return nil
		}
		rows := [][]string{{"ARTIFACT", "PATH", "TYPE", "VERSION", "STAGES", "LABELS"}}
		for _, a := range list {
			rows = append(rows, []string{a.Name, a.Path, a.Type, newestVersion(a), stagesOfArtifact(a), strings.Join(a.Labels, " ")})
		}
		c.table(rows)
		return nil
	})
}

func newestVersion(a dvc.Artifact) string {
	switch n := len(a.Versions); n {
	case 0:
		return "–"
	case 1:
		return a.Versions[0].Is
	default:
		return fmt.Sprintf("%s (of %d)", a.Versions[0].Is, n)
	}
}

func stagesOfArtifact(a dvc.Artifact) string {
	var out []string
	for _, s := range a.Stages {
		is := s.Version
		if is == "" {
			is = fmt.Sprintf("%.8s", s.Commit)
		}
		out = append(out, s.Is+"="+is)
	}
	return strings.Join(out, " ")
}

func artifactsGet(ctx context.Context, c *call) error {
	if err := c.want(2, 2); err != nil {
		return err
	}
	p, done, err := c.reader()
	if err != nil {
		return err
	}
	defer done()
	in := dvc.GetArtifact{
		Elsewhere: dvc.Elsewhere{From: c.hereOr(c.args[0]), Remote: c.value("remote")},
		Name:      c.args[1], Version: c.value("rev"), Stage: c.value("stage"),
	}
	if name := c.value("config"); name != "" {
		in.Config = c.hereOr(name)
	}
	at, err := p.FindArtifact(ctx, in)
	if err != nil {
		return err
	}
	return c.bring(ctx, path.Base(at.Path), c.value("to"), func(ctx context.Context, p *dvc.Project, to string) (dvc.Got, error) {
		return p.Get(ctx, at, to, c.isSet("force"))
	})
}
