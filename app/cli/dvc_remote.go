package cli

import (
	"context"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

func dvcRemoteAdd(_ context.Context, c *call) error {
	return c.onConfig(2, 2, func(p *dvc.Project, level string) error {
		isDefault := c.isSet("default") || c.isSet("d")
		if err := p.AddRemote(level, c.Dir, c.args[0], c.args[1], isDefault, c.isSet("force") || c.isSet("f")); err != nil {
			return err
		}
		return c.dvcDone(map[string]any{"added": c.args[0], "url": c.args[1], "default": isDefault}, "%s is the remote %s now.", c.args[1], c.args[0])
	})
}

func dvcRemoteModify(_ context.Context, c *call) error {
	return c.onConfig(2, 3, func(p *dvc.Project, level string) error {
		value := ""
		switch {
		case c.unsets() && len(c.args) == 3, !c.unsets() && len(c.args) == 2:
			return errs.New(errs.Invalid, "either say a value, or --unset").WithHint("see `rondo help remote modify`")
		case !c.unsets():
			value = c.args[2]
		}
		if err := p.ModifyRemote(level, c.Dir, c.args[0], c.args[1], value, c.unsets()); err != nil {
			return err
		}
		return c.dvcDone(map[string]any{"remote": c.args[0], "option": c.args[1]}, "Written: %s of the remote %s.", c.args[1], c.args[0])
	})
}

func dvcRemoteDefault(_ context.Context, c *call) error {
	return c.onConfig(0, 1, func(p *dvc.Project, level string) error {
		if len(c.args) == 0 && !c.unsets() {
			return c.tellDefault(p, level)
		}
		name := ""
		if !c.unsets() {
			name = c.args[0]
		}
		if err := p.DefaultRemote(level, name); err != nil {
			return err
		}
		if name == "" {
			return c.dvcDone(map[string]any{"default": nil}, "No remote is the default one now.")
		}
		return c.dvcDone(map[string]any{"default": name}, "%s is meant where no remote is named.", name)
	})
}

func (c *call) tellDefault(p *dvc.Project, level string) error {
	for _, one := range slices.Backward(dvc.Levels) {
		if level != "" && level != one {
			continue
		}
		t, err := p.ConfigText(one)
		if err != nil {
			return err
		}
		if name, ok := t.Get("core", "remote"); ok {
			return c.dvcDone(map[string]any{"default": name}, "%s", name)
		}
	}
	return errs.New(errs.NotFound, "no remote is the default one").WithHint("rondo remote default NAME")
}

func dvcRemoteList(_ context.Context, c *call) error {
	return c.onConfig(0, 0, func(p *dvc.Project, level string) error {
		list, err := p.ListRemotes(level)
		if err != nil {
			return err
		}
		if c.json {
			return c.print(list)
		}
		if len(list) == 0 {
			c.say("There are no remotes. `rondo remote add NAME ADDRESS` names one.")
			return nil
		}
		c.tableOfRemotes(list)
		return nil
	})
}

func (c *call) tableOfRemotes(list []dvc.NamedRemote) {
	rows := [][]string{{"NAME", "ADDRESS", ""}}
	for _, r := range list {
		mark := ""
		if r.Default {
			mark = "default"
		}
		rows = append(rows, []string{r.Name, r.URL, mark})
	}
	c.table(rows)
}

// sayRemotesOfDVC tells in a project that was one of DVC's which remotes that has, for DVC's own data.
func (c *call) sayRemotesOfDVC() {
	if !c.hasDVC() {
		return
	}
	p, err := dvc.Open(c.dir)
	if err != nil {
		return
	}
	defer p.Close()
	if list, err := p.ListRemotes(""); err == nil && len(list) > 0 {
		c.say("DVC's own remotes, which hold what DVC tracks:")
		c.tableOfRemotes(list)
	}
}

func dvcRemoteRemove(_ context.Context, c *call) error {
	return c.onConfig(1, 1, func(p *dvc.Project, level string) error {
		if err := p.RemoveRemote(level, c.args[0]); err != nil {
			return err
		}
		return c.dvcDone(map[string]any{"removed": c.args[0]}, "%s is no remote any more; what lies there stays.", c.args[0])
	})
}

func dvcRemoteRename(_ context.Context, c *call) error {
	return c.onConfig(2, 2, func(p *dvc.Project, level string) error {
		if err := p.RenameRemote(level, c.args[0], c.args[1]); err != nil {
			return err
		}
		return c.dvcDone(map[string]any{"from": c.args[0], "to": c.args[1]}, "%s is called %s now.", c.args[0], c.args[1])
	})
}
