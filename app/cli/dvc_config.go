package cli

import (
	"context"
	"flag"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/config"
)

const levelsText = "It is .dvc/config that is meant, or with --local .dvc/config.local, of which git sees nothing, with --global yours for all\nprojects, with --system that of all persons of this machine. Written is what dvc writes, without comments."

var dvcConfigVerbs = []verb{
	{
		name: "config", args: "[NAME [VALUE]]", short: "in a DVC project: tell or set what its config says, as dvc config does", run: dvcConfig,
		long:  "NAME is SECTION.OPTION or remote.NAME.OPTION. " + levelsText + "\n\n  rondo config --list\n  rondo config cache.type hardlink,symlink\n  rondo config --local cache.dir /mnt/cache\n  rondo config --unset core.autostage",
		flags: func(f *flag.FlagSet) { levelFlags(f); configFlags(f) },
	},
	{
		name: "remote add", args: "NAME ADDRESS", short: "in a DVC project: give a place a name as a remote, as dvc remote add does", run: dvcRemoteAdd,
		long:  levelsText + "\n\n  rondo remote add --default nas /mnt/nas/dvc\n  rondo remote add --local bucket s3://data/here",
		flags: func(f *flag.FlagSet) { levelFlags(f); addFlags(f) },
	},
	{
		name: "remote modify", args: "NAME OPTION [VALUE]", short: "in a DVC project: set what a remote needs, as dvc remote modify does", run: dvcRemoteModify,
		long:  levelsText + "\n\n  rondo remote modify --local bucket secret_access_key …\n  rondo remote modify --unset bucket profile",
		flags: func(f *flag.FlagSet) { levelFlags(f); unsetFlags(f) },
	},
	{
		name: "remote default", args: "[NAME]", short: "in a DVC project: tell or say which remote is meant where none is named", run: dvcRemoteDefault,
		long:  "\n  rondo remote default nas\n  rondo remote default --unset",
		flags: func(f *flag.FlagSet) { levelFlags(f); unsetFlags(f) },
	},
	{
		name: "remote list", short: "in a DVC project: list its remotes", run: dvcRemoteList,
		long:  "  rondo remote list --local",
		flags: levelFlags,
	},
	{
		name: "remote remove", args: "NAME", short: "in a DVC project: forget a remote, as dvc remote remove does", run: dvcRemoteRemove,
		long:  "What lies there stays.\n\n  rondo remote remove nas",
		flags: levelFlags,
	},
	{
		name: "remote rename", args: "NAME NEW", short: "in a DVC project: give a remote another name", run: dvcRemoteRename,
		long:  "\n  rondo remote rename nas archive",
		flags: levelFlags,
	},
}

// levels are the configs that a flag names; without one it is that of the project.
var levels = []string{"local", "global", "system"}

func levelFlags(f *flag.FlagSet) {
	f.Bool("local", false, "this copy's .dvc/config.local")
	f.Bool("global", false, "your config for all projects")
	f.Bool("system", false, "the config of this machine")
}

func configFlags(f *flag.FlagSet) {
	unsetFlags(f)
	f.Bool("list", false, "list all that is set")
	f.Bool("l", false, "the same")
	f.Bool("show-origin", false, "tell also which file says so")
}

func unsetFlags(f *flag.FlagSet) {
	f.Bool("unset", false, "take it out")
	f.Bool("u", false, "the same")
}

func addFlags(f *flag.FlagSet) {
	f.Bool("default", false, "mean it where no remote is named")
	f.Bool("d", false, "the same")
	f.Bool("force", false, "replace a remote of that name")
	f.Bool("f", false, "the same")
}

// level is the one that flags name; empty without.
func (c *call) level() (level string, err error) {
	for _, one := range levels {
		switch {
		case !c.isSet(one):
		case level != "":
			return "", errs.New(errs.Invalid, "--%s and --%s are two levels", level, one).WithHint("say one of them")
		default:
			level = one
		}
	}
	return level, nil
}

// onConfig does something with the config of the DVC project.
func (c *call) onConfig(least, most int, do func(p *dvc.Project, level string) error) error {
	level, err := c.level()
	if err != nil {
		return err
	}
	return c.onExps(least, most, func(p *dvc.Project) error { return do(p, level) })
}

func (c *call) unsets() bool { return c.isSet("unset") || c.isSet("u") }

func dvcConfig(_ context.Context, c *call) error {
	list := c.isSet("list") || c.isSet("l")
	return c.onConfig(0, 2, func(p *dvc.Project, level string) error {
		switch {
		case list && (len(c.args) > 0 || c.unsets()), !list && len(c.args) == 0, c.unsets() && len(c.args) != 1, c.isSet("show-origin") && (c.unsets() || len(c.args) == 2):
			return errs.New(errs.Invalid, "say --list, a NAME, a NAME and a VALUE, or --unset and a NAME").WithHint("see `rondo help config`")
		case list:
			return c.listConfig(p, level)
		}
		section, option, err := configName(c.args[0])
		if err != nil {
			return err
		}
		if len(c.args) == 1 && !c.unsets() {
			return c.tellConfig(p, level, section, option)
		}
		return c.setConfig(p, level, section, option)
	})
}

// configName takes SECTION.OPTION or remote.NAME.OPTION apart.
func configName(name string) (section, option string, err error) {
	parts := strings.Split(strings.ToLower(name), ".")
	switch {
	case len(parts) == 2:
		return parts[0], parts[1], nil
	case len(parts) == 3 && (parts[0] == "remote" || parts[0] == "db"):
		return parts[0] + ` "` + parts[1] + `"`, parts[2], nil
	}
	return "", "", errs.New(errs.Invalid, "%q is no name of an option", name).WithHint("write SECTION.OPTION, such as core.remote, or remote.NAME.OPTION")
}

func (c *call) setConfig(p *dvc.Project, level, section, option string) error {
	if level == "" {
		level = "project"
	}
	err := p.Configure(level, c.Dir, func(t *config.Text) error {
		_, has := t.Get(section, option)
		switch {
		case c.unsets() && !has:
			return errs.New(errs.NotFound, "%s is not set there", c.args[0]).WithHint("rondo config --list --show-origin tells what is, and where")
		case c.unsets():
			t.Unset(section, option)
		default:
			t.Set(section, option, c.args[1])
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.dvcDone(map[string]any{"name": c.args[0], "level": level}, "Written into %s.", p.ConfigFile(level))
}

func (c *call) tellConfig(p *dvc.Project, level, section, option string) error {
	for _, one := range slices.Backward(dvc.Levels) {
		if level != "" && level != one {
			continue
		}
		t, err := p.ConfigText(one)
		if err != nil {
			return err
		}
		if v, ok := t.Get(section, option); ok {
			said := v
			if c.isSet("show-origin") {
				said = p.ConfigFile(one) + "  " + v
			}
			return c.dvcDone(map[string]any{"value": v, "origin": p.ConfigFile(one)}, "%s", said)
		}
	}
	return errs.New(errs.NotFound, "%s is not set", c.args[0]).WithHint("rondo config --list tells what is")
}

func (c *call) listConfig(p *dvc.Project, level string) error {
	all := []map[string]string{}
	for _, one := range dvc.Levels {
		if level != "" && level != one {
			continue
		}
		t, err := p.ConfigText(one)
		if err != nil {
			return err
		}
		for _, pair := range t.All() {
			switch {
			case c.json:
				all = append(all, map[string]string{"name": pair[0], "value": pair[1], "origin": p.ConfigFile(one)})
			case c.isSet("show-origin"):
				c.say("%s  %s=%s", p.ConfigFile(one), pair[0], pair[1])
			default:
				c.say("%s=%s", pair[0], pair[1])
			}
		}
	}
	if c.json {
		return c.print(all)
	}
	return nil
}

func init() {
	dvcVariants["data remote"] = dvcVariant{
		long:  "\n\nIn a DVC project the remotes are those of .dvc/config; `remote add`, `modify`, `default`, `remove` and `rename` say more.",
		flags: func(f *flag.FlagSet) { levelFlags(f); addFlags(f) },
		run: func(ctx context.Context, c *call, p *dvc.Project) error {
			switch len(c.args) {
			case 0:
				return dvcRemoteList(ctx, c)
			case 2:
				return dvcRemoteAdd(ctx, c)
			}
			return c.want(2, 2)
		},
	}
}
