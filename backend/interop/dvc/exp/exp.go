// Package exp finds DVC's experiments where git keeps them: refs/exps/BASELINE/NAME. It knows names and
// commits only; what an experiment holds, and how one is made of a folder, is for others.
package exp

import (
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
)

// Prefix is what the names of all experiments begin with, and those of what DVC keeps beside them.
const Prefix = "refs/exps/"

// Names in git that are DVC's own and no experiments.
const (
	ApplyHead  = Prefix + "apply/ORIG_HEAD"  // what was checked out when an experiment was applied
	ApplyStash = Prefix + "apply/stash"      // what no commit had then
	ExecApply  = Prefix + "exec/EXEC_APPLY"  // which one was applied
	ExecBranch = Prefix + "exec/EXEC_BRANCH" // what a running one will be
	queueStash = Prefix + "celery/stash"     // those that wait to be run
)

// ownSpaces are DVC's own below refs/exps, which hold no experiments.
var ownSpaces = []string{"stash", "apply", "celery", "exec", "temp"}

// Ref is where an experiment is kept: refs/exps/BASELINE/NAME, with a slash after the
// second digit of the commit that it began at.
type Ref struct {
	Ref      string `json:"ref"`
	Name     string `json:"name"`
	Baseline string `json:"baseline"` // the commit that it began at
	Commit   string `json:"commit"`
}

// Place is where git keeps an experiment.
func Place(baseline, name string) string {
	return Prefix + baseline[:2] + "/" + baseline[2:] + "/" + name
}

// All are all experiments that git has, sorted by where they are kept.
func All(repo *git.Repo) (list []Ref, err error) {
	refs, err := repo.Refs(Prefix)
	return Among(refs), err
}

// Among are the experiments among names of git's.
func Among(refs []git.Ref) (list []Ref) {
	for _, r := range refs {
		parts := strings.Split(strings.TrimPrefix(r.Name, Prefix), "/")
		if len(parts) == 3 && !slices.Contains(ownSpaces, parts[0]) {
			list = append(list, Ref{r.Name, parts[2], parts[0] + parts[1], r.Commit})
		}
	}
	return list
}

// MayBeCalled refuses a name that git does not take, or that another experiment has, which is
// replaced with force only. An empty one is chosen later.
func MayBeCalled(repo *git.Repo, baseline, name string, force bool) error {
	ref := Place(baseline, name)
	switch {
	case name == "":
		return nil
	case strings.Contains(name, "/") || !git.ValidRef(ref):
		return errs.New(errs.Invalid, "%q is no name of an experiment", name).WithHint("choose one of letters, digits, - and _")
	case !force && Has(repo, ref):
		return errs.New(errs.Conflict, "there is an experiment %s already", name).WithHint("choose another name, or say --force to replace it")
	}
	return nil
}

// Has reports whether git has something of that name, or cannot tell.
func Has(repo *git.Repo, ref string) bool {
	there, err := repo.Refs(ref)
	return err != nil || slices.ContainsFunc(there, func(r git.Ref) bool { return r.Name == ref })
}

// Find finds an experiment by its name or by where it is kept. Of several with one name it
// is the one that began at the commit that is checked out.
func Find(repo *git.Repo, name string) (Ref, error) {
	all, err := All(repo)
	if err != nil {
		return Ref{}, err
	}
	return findIn(repo, all, name)
}

func findIn(repo *git.Repo, all []Ref, name string) (Ref, error) {
	head, err := repo.Head()
	if err != nil {
		return Ref{}, err
	}
	var found []Ref
	for _, e := range all {
		if e.Ref == name || e.Name == name && e.Baseline == head.Commit {
			return e, nil
		}
		if e.Name == name {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Ref{}, ambiguous(name, found)
	case queued(repo, name):
		return Ref{}, errs.New(errs.Precondition, "%s waits in DVC's queue and has not run", name).WithHint("dvc queue start runs it, dvc queue remove takes it out")
	}
	return Ref{}, errs.New(errs.NotFound, "there is no experiment %s", name).WithHint("`rondo exps` lists them")
}

func ambiguous(name string, found []Ref) error {
	list := make([]string, len(found))
	for i, e := range found {
		list[i] = e.Ref
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

// CommitOf finds the commit that a person means, as DVC does: what git calls so, then an
// experiment.
func CommitOf(repo *git.Repo, rev string) (string, error) {
	commit, err := repo.Resolve(rev)
	if err == nil || !errs.Is(err, errs.NotFound) {
		return commit, err
	}
	e, failed := Find(repo, rev)
	if errs.Is(failed, errs.NotFound) {
		return "", errs.New(errs.NotFound, "there is no experiment, commit, branch or tag %s", rev).WithHint("%s", repo.Unknown("`rondo exps` and `git log` list them"))
	}
	return e.Commit, failed
}

// Of finds the experiment that a commit, or what else stands for one, is the end or a part
// of.
func Of(repo *git.Repo, rev string) (Ref, error) {
	if e, err := Find(repo, rev); err == nil || !errs.Is(err, errs.NotFound) {
		return e, err
	}
	commit, err := CommitOf(repo, rev)
	if err != nil {
		return Ref{}, err
	}
	all, err := All(repo)
	if err != nil {
		return Ref{}, err
	}
	var found []Ref
	for _, e := range all {
		if has, err := e.holds(repo, commit); err != nil {
			return Ref{}, err
		} else if has {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Ref{}, errs.New(errs.NotFound, "%s is no experiment", rev).WithHint("`rondo exps` lists them")
	}
	return Ref{}, ambiguous(rev, found)
}

// holds reports whether a commit is the experiment's last or, as with checkpoints of DVC 2, one
// on the way there.
func (e Ref) holds(repo *git.Repo, commit string) (bool, error) {
	all, err := e.Commits(repo)
	return slices.Contains(all, commit), err
}

// Commits are those of the experiment back to where it began, the last first.
func (e Ref) Commits(repo *git.Repo) (list []string, err error) {
	for at := e.Commit; at != e.Baseline; {
		list = append(list, at)
		c, err := repo.LogOne(at)
		if err != nil {
			return nil, err
		}
		if len(c.Parents) == 0 {
			break
		}
		at = c.Parents[0]
	}
	return list, nil
}
