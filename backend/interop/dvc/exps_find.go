package dvc

import (
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
)

const expPrefix = "refs/exps/"

// Names in git that are DVC's own and no experiments.
const (
	applyHead  = expPrefix + "apply/ORIG_HEAD"  // what was checked out when an experiment was applied
	applyStash = expPrefix + "apply/stash"      // what no commit had then
	execApply  = expPrefix + "exec/EXEC_APPLY"  // which one was applied
	execBranch = expPrefix + "exec/EXEC_BRANCH" // what a running one will be
	queueStash = expPrefix + "celery/stash"     // those that wait to be run
)

// ownSpaces are DVC's own below refs/exps, which hold no experiments.
var ownSpaces = []string{"stash", "apply", "celery", "exec", "temp"}

// expRef is where an experiment is kept: refs/exps/BASELINE/NAME, with a slash after the
// second digit of the commit that it began at.
type expRef struct {
	ref, name, baseline, commit string
}

func refOf(baseline, name string) string {
	return expPrefix + baseline[:2] + "/" + baseline[2:] + "/" + name
}

// expRefs are all experiments that git has, sorted by where they are kept.
func expRefs(repo *git.Repo) (list []expRef, err error) {
	refs, err := repo.Refs(expPrefix)
	for _, r := range refs {
		parts := strings.Split(strings.TrimPrefix(r.Name, expPrefix), "/")
		if len(parts) == 3 && !slices.Contains(ownSpaces, parts[0]) {
			list = append(list, expRef{r.Name, parts[2], parts[0] + parts[1], r.Commit})
		}
	}
	return list, err
}

// findExp finds an experiment by its name or by where it is kept. Of several with one name it
// is the one that began at the commit that is checked out.
func findExp(repo *git.Repo, name string) (expRef, error) {
	all, err := expRefs(repo)
	if err != nil {
		return expRef{}, err
	}
	head, err := repo.Head()
	if err != nil {
		return expRef{}, err
	}
	var found []expRef
	for _, e := range all {
		if e.ref == name || e.name == name && e.baseline == head.Commit {
			return e, nil
		}
		if e.name == name {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return expRef{}, ambiguous(name, found)
	case queued(repo, name):
		return expRef{}, errs.New(errs.Precondition, "%s waits in DVC's queue and has not run", name).WithHint("dvc queue start runs it, dvc queue remove takes it out")
	}
	return expRef{}, errs.New(errs.NotFound, "there is no experiment %s", name).WithHint("`rondo exps` lists them")
}

func ambiguous(name string, found []expRef) error {
	list := make([]string, len(found))
	for i, e := range found {
		list[i] = e.ref
	}
	return errs.New(errs.Invalid, "%s is more than one experiment: %s", name, strings.Join(list, ", ")).WithHint("name one by all of this")
}

// queued reports whether an experiment of that name waits to be run.
func queued(repo *git.Repo, name string) bool {
	return slices.ContainsFunc(repo.LogOf(queueStash), func(l git.Logged) bool {
		_, rest, is := strings.Cut(l.Message, "dvc-exp:")
		parts := strings.Split(rest, ":")
		return is && (len(parts) > 2 && parts[2] == name || len(name) >= 7 && strings.HasPrefix(l.Commit, name))
	})
}

// commitOf finds the commit that a person means, as DVC does: what git calls so, then an
// experiment.
func commitOf(repo *git.Repo, rev string) (string, error) {
	commit, err := repo.Resolve(rev)
	if err == nil || !errs.Is(err, errs.NotFound) {
		return commit, err
	}
	e, failed := findExp(repo, rev)
	if errs.Is(failed, errs.NotFound) {
		return "", errs.New(errs.NotFound, "there is no experiment, commit, branch or tag %s", rev).WithHint("`rondo exps` and `git log` list them")
	}
	return e.commit, failed
}

// expOf finds the experiment that a commit, or what else stands for one, is the end or a part
// of.
func expOf(repo *git.Repo, rev string) (expRef, error) {
	if e, err := findExp(repo, rev); err == nil || !errs.Is(err, errs.NotFound) {
		return e, err
	}
	commit, err := commitOf(repo, rev)
	if err != nil {
		return expRef{}, err
	}
	all, err := expRefs(repo)
	if err != nil {
		return expRef{}, err
	}
	var found []expRef
	for _, e := range all {
		if has, err := e.holds(repo, commit); err != nil {
			return expRef{}, err
		} else if has {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return expRef{}, errs.New(errs.NotFound, "%s is no experiment", rev).WithHint("`rondo exps` lists them")
	}
	return expRef{}, ambiguous(rev, found)
}

// holds reports whether a commit is the experiment's last or, as with checkpoints of DVC 2, one
// on the way there.
func (e expRef) holds(repo *git.Repo, commit string) (bool, error) {
	for at := e.commit; at != e.baseline; {
		if at == commit {
			return true, nil
		}
		c, err := repo.LogOne(at)
		if err != nil {
			return false, err
		}
		if len(c.Parents) == 0 {
			return false, nil
		}
		at = c.Parents[0]
	}
	return false, nil
}
