package cli

import (
	"context"
	"strings"

	"rondo/backend/interop/dvc"
)

func init() {
	dvcVariants["data remote-status"] = dvcVariant{
		long:  "\n\nIn a DVC project it tells what `dvc status --cloud` tells: what is only here, only there, or nowhere, of\nall or of some outs, .dvc files or stages, also of commits; and what a verification found damaged there.",
		flags: scopeFlags, run: dvcRemoteStatus,
	}
	dvcVariants["data diff"] = dvcVariant{
		long: "\n\nIn a DVC project it tells what `dvc diff` tells: [FROM [TO]] are revisions of git, HEAD and what lies in the\nfolder where none is named.\n\n  rondo data diff\n  rondo data diff v1.0 main",
		run:  dvcDataDiff,
	}
	dvcVariants["data unprotect"] = dvcVariant{
		long: "\n\nIn a DVC project the arguments are outs, files or folders in one, .dvc files or stages, as with\n`dvc unprotect`.\n\n  rondo data unprotect data/raw.csv",
		run:  dvcUnprotect,
	}
}

func dvcRemoteStatus(ctx context.Context, c *call, p *dvc.Project) error {
	in, err := c.atRemote(p)
	if err != nil {
		return err
	}
	ctx, stop := c.working(ctx, "compared")
	defer stop()
	st, err := p.CompareFar(ctx, in)
	stop()
	if err != nil {
		return err
	}
	if c.json {
		return c.print(st)
	}
	c.sayList("Only here:", "rondo data push sends it", st.New)
	c.sayList("Only there:", "rondo data fetch brings it", st.Deleted)
	c.sayList("On neither side:", "whoever has it can push it", st.Missing)
	c.sayList("Damaged there:", "rondo data push replaces it where it is whole", st.Damaged)
	c.sayUnread(st.Unread)
	if st.InSync() {
		c.say("In sync: %s on both sides.", counted(int64(st.Objects), "object"))
	}
	return nil
}

func dvcDataDiff(ctx context.Context, c *call, p *dvc.Project) error {
	if err := c.want(0, 2); err != nil {
		return err
	}
	from, to := "HEAD", dvc.Workspace
	if len(c.args) > 0 {
		from = c.args[0]
	}
	if len(c.args) > 1 {
		to = c.args[1]
	}
	d, err := p.DiffData(ctx, from, to)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(asDVCDiff(d))
	}
	c.sayDataDiff("From "+from+" to "+to+":", "files of what DVC tracks", d.DataDiff)
	c.sayList("Not in the cache:", "rondo data fetch brings it from a remote", d.NotInCache)
	if d.Clean() {
		c.say("No changes.")
	}
	return nil
}

// asDVCDiff is the answer in the form of `dvc diff --json`.
func asDVCDiff(d dvc.DataBetween) map[string]any {
	list := func(paths []string) []map[string]any {
		out := []map[string]any{}
		for _, at := range paths {
			out = append(out, map[string]any{"path": at})
		}
		return out
	}
	renamed := []map[string]any{}
	for _, r := range d.Renamed {
		renamed = append(renamed, map[string]any{"path": r})
	}
	return map[string]any{"added": list(d.Added), "deleted": list(d.Deleted), "modified": list(d.Modified), "renamed": renamed, "not in cache": list(d.NotInCache)}
}

func dvcUnprotect(ctx context.Context, c *call, p *dvc.Project) error {
	if err := c.want(1, -1); err != nil {
		return err
	}
	targets, err := c.dvcTargets(p)
	if err != nil {
		return err
	}
	if err := p.Unprotect(ctx, targets...); err != nil {
		return err
	}
	return c.dvcDone(map[string]any{"unprotected": targets}, "Files of their own now: %s", strings.Join(targets, ", "))
}
