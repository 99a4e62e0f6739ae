package cli

import (
	"context"
	"encoding/json"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/fsck"
)

var fsckVerbs = []verb{
	{
		name: "fsck", args: "[DIR]", short: "read everything that the project holds and name what is damaged",
		long:     "It needs no server, changes nothing, and works on a copy or a backup too. It ends with\nexit code 1 where anything is not what was written.\n\n  rondo fsck /backup/my-project",
		anywhere: true, run: fsckRun,
	},
}

func fsckRun(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	dir, err := c.fsckDir()
	if err != nil {
		return err
	}
	r, err := fsck.Check(ctx, dir, fsck.Options{})
	if err != nil {
		return err
	}
	if c.json {
		if err := c.sayJSON(r); err != nil {
			return err
		}
	} else {
		c.sayReport(r)
	}
	if !r.OK {
		return errs.New(errs.Corrupt, "%s not what was written", counts(int64(r.Count), "place", "is", "are")).
			WithHint("put the named files back from a backup or a teammate's copy, then run this again")
	}
	return nil
}

// fsckDir is the folder that is named, or else the project that the person is in.
func (c *call) fsckDir() (string, error) {
	if len(c.args) == 1 {
		if filepath.IsAbs(c.args[0]) {
			return c.args[0], nil
		}
		return filepath.Join(c.Dir, c.args[0]), nil
	}
	found := *c
	at := *c.verb
	at.anywhere = false
	found.verb = &at
	err := found.locate()
	return found.dir, err
}

func (c *call) sayReport(r fsck.Report) {
	for _, p := range r.Problems {
		where := p.File
		c.say("%s", shown(where))
		if p.Length > 0 {
			c.say("  bytes %d–%d", p.Offset, p.Offset+p.Length)
		}
		c.say("  %s", p.What)
		if p.Hint != "" {
			c.say("  → %s", p.Hint)
		}
	}
	if r.Unsealed > 0 {
		c.say("%s no seal, because an older Rondo or a hand put that there: nobody can say whether it is as it was.\n  → rondo seal", counts(int64(r.Unsealed), "file", "of runs has", "of runs have"))
	}
	if r.NotFetched > 0 {
		c.say("%s of snapshots that were fetched in part never came, and were not lost: `rondo data fetch NAME` brings them.", counted(int64(r.NotFetched), "file"))
	}
	if r.OK {
		c.say("Everything is what was written: %s, %s, %s, %s, %s of runs.", counted(int64(r.Records), "record"), counted(int64(r.Objects), "object"),
			counted(int64(r.References), "reference"), counted(int64(r.Pointers), "pointer"), counted(int64(r.Files), "file"))
	}
}

// sayJSON prints what did not come from the API as it is.
func (c *call) sayJSON(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		c.sayRaw(b)
	}
	return err
}
