package exp

import (
	"slices"

	"rondo/backend/git"
)

// Choice says which experiments are meant: those of the names, or all, or those that began at
// one of the commits.
type Choice struct {
	Names []string
	All   bool
	Revs  []string
	Num   int // of each of Revs, so many commits, going back; 0 is 1, and below it all
}

// Of are those of a list that are meant, in its order. A name that is not among them is an error.
func (c Choice) Of(repo *git.Repo, list []Ref) ([]Ref, error) {
	var named []Ref
	for _, name := range c.Names {
		e, err := findIn(repo, list, name)
		if err != nil {
			return nil, err
		}
		named = append(named, e)
	}
	began, err := c.commits(repo)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(e Ref) bool {
		return !c.All && !slices.Contains(named, e) && !slices.Contains(began, e.Baseline)
	}), nil
}

// commits are those of Revs, and as many before each as Num says, by the first parent.
func (c Choice) commits(repo *git.Repo) (list []string, err error) {
	for _, rev := range c.Revs {
		at, err := CommitOf(repo, rev)
		if err != nil {
			return nil, err
		}
		for n := max(c.Num, 0); ; n-- {
			list = append(list, at)
			l, err := repo.LogOne(at)
			if n == 1 || c.Num == 0 || err != nil || len(l.Parents) == 0 {
				break
			}
			at = l.Parents[0]
		}
	}
	return list, nil
}
