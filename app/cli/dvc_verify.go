package cli

import (
	"context"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

func init() {
	dvcVariants["data verify"] = dvcVariant{
		long:  "\n\nIn a DVC project it reads all of DVC's cache; with --remote, what the .dvc files and locks of the\nfolder need of that remote of DVC's, or those of the targets that are named, and of commits. What is damaged there\nis remembered, and replaced by the next `rondo data push` that has it whole.\n\n  rondo data verify --remote storage --all-commits",
		flags: scopeFlags, run: dvcVerify,
	}
}

func dvcVerify(ctx context.Context, c *call, p *dvc.Project) error {
	if c.value("remote") != "" {
		return c.dvcVerifyFar(ctx, p)
	}
	if err := c.want(0, 0); err != nil {
		return err
	}
	if !c.json { // what Rondo keeps of runs, too
		if err := dataVerify(ctx, c); err != nil {
			return err
		}
	}
	v, err := p.Verify(ctx)
	if err != nil {
		return err
	}
	if len(v.Damaged) == 0 {
		return c.dvcDone(v, "DVC's cache: %s read (%s), all intact", counted(int64(v.Objects), "object"), size(v.Bytes))
	}
	if c.json {
		if err := c.print(v); err != nil {
			return err
		}
	}
	list := slices.ContainsFunc(v.Damaged, func(d dvc.Damage) bool { return strings.HasSuffix(d.MD5, ".dir") })
	for _, d := range v.Damaged {
		what := "only earlier commits know it"
		if list { // which tells no more what it needs
			what += ", or a folder whose list is damaged"
		}
		if len(d.Paths) > 0 {
			what = strings.Join(d.Paths, ", ")
		}
		if !c.json {
			c.say("damaged: %s   (%s)", d.MD5, what)
		}
	}
	return errs.New(errs.Corrupt, "%d of %s in DVC's cache are damaged", len(v.Damaged), counted(int64(v.Objects), "object")).
		WithHint("`rondo data fetch` takes them from a remote again; `rondo data commit` from the folder, where that is whole")
}

// dvcVerifyFar reads what the folder, and the commits that are meant, need of a remote of DVC's.
func (c *call) dvcVerifyFar(ctx context.Context, p *dvc.Project) error {
	if c.value("sample") != "" {
		return errs.New(errs.Invalid, "of a remote of DVC's all is read that the folder needs").WithHint("leave out --sample")
	}
	in, err := c.atRemote(p)
	if err != nil {
		return err
	}
	ctx, stop := c.working(ctx, "read")
	defer stop()
	v, err := p.VerifyFar(ctx, in)
	stop()
	bad := len(v.Damaged) + len(v.Missing)
	if c.json && err == nil {
		return c.answered(c.print(v), bad == 0)
	}
	c.sayFarBad("damaged", v.Damaged)
	c.sayFarBad("missing", v.Missing)
	c.sayUnread(v.Unread)
	if err != nil {
		return err
	}
	if bad == 0 {
		c.say("%s: %s read (%s), all intact", in.Remote, counted(int64(v.Objects), "object"), size(v.Bytes))
		return nil
	}
	return errs.New(errs.Corrupt, "of what the remote %s should have, %s damaged or missing", in.Remote, counts(int64(bad), "object", "is", "are")).
		WithHint("rondo data push --remote %s%s sends it again from where it is whole", in.Remote, c.sameRevisions())
}

// sameRevisions are the flags that mean the same commits once more.
func (c *call) sameRevisions() (flags string) {
	for _, name := range []string{"all-branches", "all-tags", "all-commits"} {
		if c.isSet(name) {
			flags += " --" + name
		}
	}
	return flags
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
