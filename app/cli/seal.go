package cli

import (
	"context"
	"flag"
	"net/http"

	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/run"
)

var sealVerbs = []verb{
	{
		name: "seal", args: "[RUN…]", short: "write down what files of runs hold that have no seal, so that later damage is found",
		long: "What is logged is sealed as it comes. This is for files that an older Rondo or a hand put there.\nFiles that differ from their seal are named, unless --accept says that they are meant so, and\nthat missing ones are gone on purpose. Without a run it looks at all runs, logged models and traces.\n\n  rondo seal\n  rondo seal 0198c2… --accept",
		flags: func(f *flag.FlagSet) {
			f.Bool("accept", false, "take what differs, or is missing, for what is meant")
		},
		run: sealRun,
	},
}

func sealRun(ctx context.Context, c *call) error {
	var s run.Sealed
	err := c.act(ctx, http.MethodPost, "/seals", api.SealQuery{Owners: c.args, Accept: c.on("accept")}, &s, func() error {
		c.say("%s sealed", counted(int64(s.Files), "file"))
		for i, name := range s.Damaged {
			if i == maxShown {
				c.say("… and %d more (--json lists them)", len(s.Damaged)-maxShown)
				break
			}
			c.say(".rondo/%s is not what was written", name)
		}
		if len(s.Damaged) == 0 {
			return nil
		}
		return errs.New(errs.Corrupt, "%s not what was written", counts(int64(len(s.Damaged)), "file", "is", "are")).
			WithHint("put them back from a backup or a teammate's copy, or say that they are meant so with --accept")
	})
	return c.answered(err, len(s.Damaged) == 0)
}
