package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

func dataPush(ctx context.Context, c *call) error { return c.exchange(ctx, "push") }

func dataFetch(ctx context.Context, c *call) error {
	if len(c.args) == 0 || !strings.Contains(c.args[0], "@") {
		return c.exchange(ctx, "fetch") // where the server knows whether further names are paths
	}
	name, number, err := c.splitRef(ctx, c.args[0])
	if err != nil {
		return err
	}
	part := dataset.Part{Remote: c.value("remote"), Dataset: name, Number: number, Paths: c.args[1:]}
	return c.copied(ctx, "fetch", map[string]any{"part": part})
}

func (c *call) exchange(ctx context.Context, verb string) error {
	return c.copied(ctx, verb, dataset.Exchange{Remote: c.value("remote"), Datasets: c.args})
}

func (c *call) copied(ctx context.Context, verb string, in any) error {
	where := "here"
	if verb == "push" {
		where = "on both sides"
	}
	var x dataset.Exchanged
	err := c.actOnData(ctx, http.MethodPost, "/remotes/"+verb, in, &x, func() error {
		c.sayExchanged(x, where)
		return c.amiss(x)
	})
	return c.answered(err, len(x.Unread)+len(x.Damaged) == 0)
}

// amiss tells of records of a remote that could not be read, and of what is damaged there; all
// else was copied.
func (c *call) amiss(x dataset.Exchanged) error {
	if !c.json { // which has told of them already, or tells its error alone
		c.sayFarProblems(x.Unread)
		c.sayFarProblems(x.Damaged)
	}
	switch {
	case len(x.Damaged) > 0:
		return errs.New(errs.Corrupt, "the remote %s has %s damaged or missing; all else is here", x.Remote.Name, counted(objectsIn(x.Damaged), "object")).
			WithHint("%s", x.Damaged[0].Hint)
	case len(x.Unread) > 0:
		return errs.New(errs.Corrupt, "the remote %s has %s that cannot be read", x.Remote.Name, counted(int64(len(x.Unread)), "record")).
			WithHint("%s", x.Unread[0].Hint)
	}
	return nil
}

// sayExchanged tells what was copied; where is the side that its snapshots are known to be whole on.
func (c *call) sayExchanged(x dataset.Exchanged, where string) {
	if x.Part != nil && x.Part.InPart() {
		c.say("%s: %s copied, %s; of %s this is here: %s", x.Remote.Name, counted(int64(x.Objects), "object"), size(x.Bytes), x.Part.Ref(), fewNames(x.Part.Fetched))
		return
	}
	inPart := ""
	if x.InPart > 0 {
		inPart = fmt.Sprintf(", %d whole there and here in part", x.InPart)
	}
	if x.Partly > 0 {
		inPart += fmt.Sprintf(", %d here in part", x.Partly)
	}
	c.say("%s: %s whole %s%s, %d new; %s copied, %s", x.Remote.Name, counted(int64(x.Snapshots), "snapshot"), where, inPart, x.New, counted(int64(x.Objects), "object"), size(x.Bytes))
	if x.Healed > 0 {
		c.say("damaged there before and sound now: %s", counted(int64(x.Healed), "object"))
	}
}

func dataPull(ctx context.Context, c *call) error {
	if len(c.args) == 0 {
		return c.pullAll(ctx)
	}
	name, number, err := c.splitRef(ctx, c.args[0])
	if err != nil {
		return err
	}
	var out struct {
		Snapshot  dataset.CheckedOut `json:"snapshot"`
		Exchanged dataset.Exchanged  `json:"exchanged"`
	}
	in := map[string]any{"remote": c.value("remote"), "dataset": name, "number": number, "paths": c.args[1:], "force": c.isSet("force")}
	err = c.actOnData(ctx, http.MethodPost, "/remotes/pull", in, &out, func() error {
		c.sayExchanged(out.Exchanged, "here")
		if len(c.args) > 1 {
			c.sayPart(c.args[1:], out.Snapshot)
		} else {
			c.sayCheckedOut(out.Snapshot)
		}
		return c.amiss(out.Exchanged)
	})
	return c.answered(err, len(out.Exchanged.Unread)+len(out.Exchanged.Damaged) == 0)
}
