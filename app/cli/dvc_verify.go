package cli

import (
	"context"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// dvcVerifyFar reads what the folder needs of a remote of DVC's.
func (c *call) dvcVerifyFar(ctx context.Context, p *dvc.Project, name string) error {
	if c.value("sample") != "" {
		return errs.New(errs.Invalid, "of a remote of DVC's all is read that the folder needs").WithHint("leave out --sample")
	}
	v, err := p.VerifyFar(ctx, name)
	if err != nil {
		return err
	}
	bad := len(v.Damaged) + len(v.Missing)
	if c.json {
		return c.answered(c.print(v), bad == 0)
	}
	if bad == 0 {
		c.say("%s: %s read (%s), all intact", name, counted(int64(v.Objects), "object"), size(v.Bytes))
		return nil
	}
	c.sayFarBad("damaged", v.Damaged)
	c.sayFarBad("missing", v.Missing)
	return farBad(name, v)
}

func farBad(name string, v dvc.FarVerified) error {
	hint := "who has it can push it: rondo data push --remote %s"
	if len(v.Damaged) > 0 {
		hint = "delete there what is damaged, and push it from where it is whole: rondo data push --remote %s"
	}
	return errs.New(errs.Corrupt, "of what the remote %s should have, %s damaged or missing", name, counts(int64(len(v.Damaged)+len(v.Missing)), "object", "is", "are")).WithHint(hint, name)
}

func (c *call) sayFarBad(word string, list []dvc.FarBad) {
	for i, b := range list {
		if i == maxShown {
			c.say("… and %d more (--json lists them)", len(list)-maxShown)
			break
		}
		c.say("%s: %s   (%s)", word, b.Name, strings.Join(shownEach(b.Paths), ", "))
	}
}
