package cli

import (
	"context"
	"net/http"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/store"
)

func dataCollect(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	grace, err := time.ParseDuration(c.value("grace"))
	if err != nil {
		return errs.New(errs.Invalid, "%q is no time", c.value("grace")).WithHint("write it like 10m or 24h")
	}
	if name := c.value("remote"); name != "" {
		return c.collectRemote(ctx, dataset.CollectRemote{Remote: name, Dry: c.isSet("dry-run"), Grace: grace})
	}
	var g dataset.Collected
	in := dataset.Collect{Dry: c.isSet("dry-run"), Grace: grace, Force: c.isSet("force")}
	return c.actOnData(ctx, http.MethodPost, "/objects/collect", in, &g, func() error {
		c.sayCollected(g.Garbage, g.Next, in.Dry, "rondo data gc")
		return nil
	})
}

func (c *call) collectRemote(ctx context.Context, in dataset.CollectRemote) error {
	var g dataset.CollectedRemote
	return c.act(ctx, http.MethodPost, "/remotes/collect", in, &g, func() error {
		c.say("%s: %s", g.Remote.Name, counted(int64(g.Snapshots), "snapshot"))
		c.sayCollected(g.Garbage, g.Next, in.Dry, "rondo data gc --remote "+g.Remote.Name)
		return nil
	})
}

func (c *call) sayCollected(g store.Garbage, next time.Time, dry bool, again string) {
	c.say("%s needed by something, %s (%s) by nothing", counted(int64(g.Needed), "object"), counted(int64(g.Objects), "object"), size(g.Bytes))
	switch {
	case dry:
		c.say("%s (%s) would be removed now", counted(int64(g.Objects-g.Waiting), "object"), size(g.Bytes-g.WaitingBytes))
	case g.Removed > 0:
		c.say("%s removed, %s freed", counted(int64(g.Removed), "object"), size(g.Freed))
	}
	if g.Waiting > 0 && !dry {
		c.say("%s marked; `%s` removes them from %s on", counted(int64(g.Waiting), "object"), again, next.Local().Format("2006-01-02 15:04"))
	}
}
