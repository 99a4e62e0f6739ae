package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// verifyRemote reads what a remote has and names what is damaged or missing there.
func (c *call) verifyRemote(ctx context.Context, in dataset.VerifyRemote) error {
	var v dataset.VerifiedRemote
	err := c.actOnData(ctx, http.MethodPost, "/remotes/verify", in, &v, func() error {
		if v.Resumed > 0 {
			c.say("%s", notAgain(v.Resumed))
		}
		c.sayFarProblems(v.Spare)
		for _, p := range v.Spare[:min(1, len(v.Spare))] {
			c.say("  %s", p.Hint)
		}
		if v.OK {
			c.say("%s: %s read; %s there, with all their objects", v.Remote.Name, counted(int64(v.Objects), "object"), counted(int64(v.Snapshots), "snapshot"))
			return nil
		}
		c.sayFarProblems(v.Problems)
		return errs.New(errs.Corrupt, "of what the remote %s should have, %s damaged or missing", v.Remote.Name, counts(objectsIn(v.Problems), "object", "is", "are")).
			WithHint("%s", v.Problems[0].Hint)
	})
	return c.answered(err, v.OK)
}

// objectsIn counts what some problems are about.
func objectsIn(problems []dataset.FarProblem) (n int64) {
	for _, p := range problems {
		n += int64(max(1, len(p.Objects)))
	}
	return n
}

// notAgain says what an interrupted verification has spared this one.
func notAgain(files int) string {
	return counts(int64(files), "file", "was read before and is", "were read before and are") + " not read again"
}

func (c *call) sayFarProblems(problems []dataset.FarProblem) {
	for i, p := range problems {
		if i == maxShown {
			c.say("… and %d more (--json lists them)", len(problems)-maxShown)
			break
		}
		c.say("%s", strings.TrimPrefix(shown(p.File)+": "+shown(p.Message), ": "))
		for _, n := range p.Needs {
			c.say("  needed by %s", needWords(n))
		}
	}
}

// needWords name a snapshot and the files in it.
func needWords(n dataset.Need) string {
	if n.Count == 0 {
		return n.Snapshot + " for its list of files"
	}
	text := n.Snapshot + " for " + strings.Join(shownEach(n.Paths), ", ")
	if more := n.Count - len(n.Paths); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
