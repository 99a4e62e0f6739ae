package cli

import (
	"context"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// dvcCollectFar tells what of a remote nothing needs, and removes what a run a day before has told.
func (c *call) dvcCollectFar(ctx context.Context, p *dvc.Project, keep dvc.Revisions) error {
	grace, err := time.ParseDuration(c.value("grace"))
	if err != nil || grace < 0 {
		return errs.New(errs.Invalid, "%q is no time", c.value("grace")).WithHint("write it like 10m or 24h")
	}
	in := dvc.CollectFar{Remote: c.value("remote"), Revisions: keep, Dry: c.isSet("dry-run"), Grace: grace}
	done, err := p.CollectFar(ctx, in, time.Now())
	if err != nil {
		return err
	}
	if c.json {
		return c.print(done)
	}
	c.say("%s needed by something, %s (%s) by nothing", counted(int64(done.Needed), "object"), counted(int64(done.Objects), "object"), size(done.Bytes))
	if done.Removed > 0 {
		c.say("%s removed from the remote", counted(int64(done.Removed), "object"))
	}
	if !done.Next.IsZero() {
		c.say("What nothing needs may go from %s on: run this again then. Nothing more is removed now.", done.Next.Local().Format("2006-01-02 15:04"))
	}
	return nil
}
