package cli

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

func dataVerify(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	name := c.value("remote")
	if len(c.args) == 1 && name != "" {
		return errs.New(errs.Invalid, "of a remote all is read, and not %s alone", c.args[0]).WithHint("rondo data verify --remote %s", name)
	}
	if len(c.args) == 1 {
		return c.verifyOne(ctx, c.args[0])
	}
	sample, err := c.sample()
	if err != nil {
		return err
	}
	if name != "" {
		return c.verifyRemote(ctx, dataset.VerifyRemote{Remote: name, Sample: sample})
	}
	var v dataset.Verified
	err = c.actOnData(ctx, http.MethodPost, "/objects/verify", dataset.VerifyAll{Sample: sample}, &v, func() error {
		if v.Resumed > 0 {
			c.say("%s", notAgain(v.Resumed))
		}
		if v.OK {
			c.say("%s read, all intact", counted(int64(v.Objects), "object"))
			return nil
		}
		return c.lacking(v)
	})
	return c.answered(err, v.OK)
}

// lacking tells what is damaged, and what is missing where nothing is.
func (c *call) lacking(v dataset.Verified) error {
	if v.Missing < len(v.Problems) {
		return c.damaged(v.Problems, "the project")
	}
	c.sayProblems(v.Problems)
	return errs.New(errs.Corrupt, "%s read, all intact, but %s missing that snapshots stand on", counted(int64(v.Objects), "object"), counts(int64(v.Missing), "object", "is", "are")).
		WithHint("%s", v.Problems[0].Hint)
}

// sample is the share that is read, in percent; 0 is all.
func (c *call) sample() (float64, error) {
	text := c.value("sample")
	if text == "" {
		return 0, nil
	}
	percent, err := strconv.ParseFloat(text, 64)
	if err != nil || percent <= 0 {
		return 0, errs.New(errs.Invalid, "%q is no percentage", text).WithHint("give a number above 0, such as 5")
	}
	return percent, nil
}

// answered ends a check whose JSON was printed with exit code 1 where something is wrong.
func (c *call) answered(err error, ok bool) error {
	if err == nil && c.json && !ok {
		return exitWith(exitFailed)
	}
	return err
}

func (c *call) damaged(problems []dataset.Problem, what string) error {
	c.sayProblems(problems)
	return errs.New(errs.Corrupt, "%s has %s", what, counted(int64(len(problems)), "damaged object")).
		WithHint("%s", cmp.Or(problems[0].Hint, "`rondo data repair` takes what is damaged from a remote or another copy of the project"))
}

func (c *call) sayProblems(problems []dataset.Problem) {
	for i, p := range problems {
		if i == maxShown {
			c.say("… and %d more (--json lists them)", len(problems)-maxShown)
			break
		}
		c.sayProblem(p)
	}
}

// sayProblem tells what is wrong with an object, and who needs it.
func (c *call) sayProblem(p dataset.Problem) {
	if strings.Contains(p.Message, p.File) {
		c.say("%s", p.Message)
	} else {
		c.say("%s: %s", p.File, p.Message)
	}
	for _, n := range p.Needs {
		c.say("  needed by %s", needWords(n))
	}
}

func (c *call) verifyOne(ctx context.Context, arg string) error {
	name, number, err := c.splitRef(ctx, arg)
	if err != nil {
		return err
	}
	var v dataset.Verification
	err = c.actOnData(ctx, http.MethodPost, dataPath(name, "verify"), map[string]int{"number": number}, &v, func() error {
		if v.NotFetched > 0 {
			n := int64(v.NotFetched)
			c.say("%s of %s %s to read", counted(n, "file"), v.Snapshot.Ref(), either(n, "was never fetched, so that there is nothing of it", "were never fetched, so that there is nothing of them"))
		}
		if v.OK {
			c.say("%s is intact: %s, %s read", v.Snapshot.Ref(), counted(int64(v.Files), "file"), size(v.Size))
			return nil
		}
		for i, p := range v.Problems {
			if i == maxShown {
				c.say("… and %d more (--json lists them)", len(v.Problems)-maxShown)
				break
			}
			c.say("%s: %s", p.Path, p.Message)
		}
		last := v.Problems[0].Hint
		return errs.New(errs.Corrupt, "%s has %s", v.Snapshot.Ref(), counted(int64(len(v.Problems)), "damaged file")).WithHint("%s", last)
	})
	return c.answered(err, v.OK)
}
