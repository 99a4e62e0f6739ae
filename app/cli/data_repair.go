package cli

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

func dataRepair(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	in := dataset.Repair{From: c.value("from")}
	if strings.ContainsAny(in.From, `/\.`) {
		if !filepath.IsAbs(in.From) {
			in.From = filepath.Join(c.Dir, in.From)
		}
		if _, err := os.Stat(in.From); err != nil {
			return errs.New(errs.NotFound, "%s is not there", in.From).WithHint("give the folder of another copy of the project")
		}
	}
	var r dataset.Repaired
	err := c.actOnData(ctx, http.MethodPost, "/objects/repair", in, &r, func() error { return c.sayRepaired(r) })
	return c.answered(err, r.OK)
}

func (c *call) sayRepaired(r dataset.Repaired) error {
	for _, p := range r.Unasked {
		c.say("%s was not asked: %s", p.File, p.Message)
	}
	c.say("%s read, %d damaged, %d missing, %d healed", counted(int64(r.Checked), "object"), r.Damaged, r.Missing, len(r.Healed))
	from := map[string]int64{}
	for _, h := range r.Healed {
		from[h.From]++
	}
	if n := from[dataset.AtHome]; n > 0 {
		c.say("  %s from %s, which has another copy", counted(n, "object"), dataset.AtHome)
	}
	for _, name := range r.Asked {
		c.say("  %s from %s", counted(from[name], "object"), name)
	}
	for _, name := range r.Aside {
		c.say("  what could not be read is kept as .rondo/objects/%s", filepath.ToSlash(name))
	}
	if r.OK {
		return nil
	}
	c.sayProblems(r.Left)
	return errs.New(errs.Corrupt, "%s could not be healed", counted(int64(len(r.Left)), "object")).
		WithHint("name a remote (rondo data remote), or give a copy of the project that has them: rondo data repair --from FOLDER")
}
