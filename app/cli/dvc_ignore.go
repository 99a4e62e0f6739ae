package cli

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

func init() {
	dvcVariants["data check-ignore"] = dvcVariant{run: dvcCheckIgnore}
}

func dvcCheckIgnore(_ context.Context, c *call, p *dvc.Project) error {
	if err := c.want(1, -1); err != nil {
		return err
	}
	paths, err := c.dvcPaths()
	if err != nil {
		return err
	}
	list, some := []dvc.IgnoredBy{}, false
	for _, at := range paths {
		is := p.CheckIgnore(at)
		list, some = append(list, is), some || is.Ignored
	}
	if c.json {
		return c.print(list)
	}
	for _, is := range list {
		c.sayIgnored(is)
	}
	if !some {
		return errs.New(errs.NotFound, "no .dvcignore ignores what was named")
	}
	return nil
}

func (c *call) sayIgnored(is dvc.IgnoredBy) {
	word := "not ignored"
	if is.Ignored {
		word = "ignored"
	}
	switch {
	case is.Rule != "":
		word += " by " + is.Rule
	case is.Ignored:
		word += " by DVC itself"
	}
	c.say("%s: %s", is.Path, word)
}
