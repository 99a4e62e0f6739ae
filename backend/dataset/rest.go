package dataset

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// withRest adds to what lies at a dataset's path the files of the snapshot it goes on from
// that were never brought here: who has only a part cannot have meant to remove the rest. It
// returns what of the new snapshot is here; none where that is all.
func (s *Service) withRest(ctx context.Context, d Dataset, c content, in Take) (content, []string, error) {
	if d.Latest == nil || c.single || in.origin != nil {
		return c, nil, noneLeftOut(d.Name, in.Without)
	}
	was, err := s.wanted(ctx, d, 0)
	if err != nil || !was.InPart() {
		return c, nil, noneLeftOut(d.Name, in.Without) // that there is no such snapshot is told elsewhere
	}
	rest, more, err := s.restOf(ctx, was, c)
	if err == nil {
		rest, err = leaveOut(was, rest, in.Without)
	}
	if err != nil || len(rest) == 0 {
		return c, nil, err
	}
	if in.Decision != "" {
		return c, nil, errs.New(errs.Precondition, "%s is here only in part: of %s, %s never fetched", d.Path, was.Ref(), share(len(rest), was.Files)).
			WithHint("bring them first: rondo data pull %s", d.Name)
	}
	for _, f := range rest {
		c.facts.see("", f.Path, f.Size)
	}
	c.list, err = s.joined(ctx, c.list, rest)
	return c, together(was.Fetched, more), err
}

// leaveOut drops the files that a person named from those that never came.
func leaveOut(was Snapshot, rest []store.TreeFile, paths []string) ([]store.TreeFile, error) {
	for _, given := range paths {
		one := path.Clean(filepath.ToSlash(given))
		named := portion{one: true, strings.TrimPrefix(one, was.Path+"/"): true}
		n := len(rest)
		rest = slices.DeleteFunc(rest, func(f store.TreeFile) bool { return named.has(f.Path) })
		if len(rest) == n {
			return nil, noneLeftOut(was.Ref(), []string{given})
		}
	}
	return rest, nil
}

// noneLeftOut refuses paths that name nothing which never came.
func noneLeftOut(of string, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	return errs.New(errs.NotFound, "%s has nothing at %s that was never fetched", of, paths[0]).
		WithHint("what lies in the folder goes from the next snapshot when you remove it there; `rondo data files %s` lists all files", of)
}

// restOf compares what lies there with a snapshot that is here in part: the files of it that
// never came and are not there, and the paths of those that are new.
func (s *Service) restOf(ctx context.Context, was Snapshot, c content) (rest []store.TreeFile, more []string, err error) {
	old, err := s.opts.Store.OpenListing(ctx, was.Tree)
	if err != nil {
		return nil, nil, err
	}
	came, now := was.came(), c.list.Finder()
	err = store.Differences(ctx, old, c.list, func(d store.Difference) error {
		switch {
		case came.has(d.Path()):
		case d.To != nil:
			more = append(more, d.Path())
		default:
			covered, err := isBelowFile(ctx, now, d.Path())
			if err != nil {
				return err
			}
			if !covered {
				rest = append(rest, *d.From)
			}
		}
		return nil
	})
	return rest, more, err
}

// isBelowFile reports whether a file lies where a path has a folder.
func isBelowFile(ctx context.Context, f *store.Finder, at string) (bool, error) {
	for dir := path.Dir(at); dir != "."; dir = path.Dir(dir) {
		if _, ok, err := f.Find(ctx, dir); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// joined stores the tree that has the files of both.
func (s *Service) joined(ctx context.Context, l *store.Listing, rest []store.TreeFile) (*store.Listing, error) {
	t, err := l.Tree(ctx)
	if err != nil {
		return nil, err
	}
	t.Files = append(t.Files, rest...)
	slices.SortFunc(t.Files, func(a, b store.TreeFile) int { return strings.Compare(a.Path, b.Path) })
	return s.keepList(ctx, t)
}
