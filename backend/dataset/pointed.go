package dataset

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/index"
)

// A clone or work tree of a project has its pointers from git, and not the records of its
// datasets, which lie in .rondo. Pointers then say what there is, and what brings it.

// Pointed is a snapshot that this project knows by a pointer only.
type Pointed struct {
	Dataset string `json:"dataset"`
	Path    string `json:"path"`
	Number  int    `json:"number"` // of the snapshot that the pointer names
	Files   int    `json:"files"`
	Size    int64  `json:"size"` // bytes
	Hint    string `json:"hint"` // what brings it
}

// maxWalked is how many files and folders are looked at for pointers; of those further on it is
// git that knows.
const maxWalked = 20_000

// Pointed lists what only pointers tell of, by the names of the datasets.
func (s *Service) Pointed(ctx context.Context) ([]Pointed, error) {
	list := []Pointed{}
	for _, at := range s.pointers(ctx) {
		p, err := s.pointer(ctx, at)
		if err != nil || p == nil || checkName(p.Dataset) != nil {
			continue // whoever uses it is told what is wrong with it
		}
		known, err := s.knows(ctx, *p)
		if err != nil {
			return nil, err
		}
		if !known {
			list = append(list, Pointed{p.Dataset, at, p.Number, p.Files, p.Size, s.brings(*p)})
		}
	}
	slices.SortStableFunc(list, func(a, b Pointed) int { return strings.Compare(a.Dataset, b.Dataset) })
	return list, ctx.Err()
}

// pointers are the paths that have one beside them. Hidden folders and those that have one
// themselves are not looked into.
func (s *Service) pointers(ctx context.Context) (list []string) {
	looked := 0
	defer func() {
		if looked > maxWalked {
			list = s.alsoTracked(list)
		}
	}()
	_ = fs.WalkDir(s.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		looked++
		switch {
		case looked > maxWalked || ctx.Err() != nil:
			return fs.SkipAll
		case err != nil && e != nil && e.IsDir(), name != "." && e.IsDir() && s.notLookedInto(name):
			return fs.SkipDir
		case err == nil && e.Type().IsRegular() && strings.HasSuffix(name, pointerSuffix):
			list = append(list, strings.TrimSuffix(name, pointerSuffix))
		}
		return nil
	})
	return list
}

// alsoTracked adds the pointers that git tracks, wherever they are.
func (s *Service) alsoTracked(list []string) []string {
	r, err := git.Open(s.opts.Dir)
	if err != nil {
		return list
	}
	for _, name := range r.Named(pointerSuffix) {
		list = append(list, strings.TrimSuffix(name, pointerSuffix))
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(at string) bool { return s.inPointed(path.Dir(at)) })
}

// inPointed reports whether a folder is one that is not looked into, or lies in one.
func (s *Service) inPointed(dir string) bool {
	return dir != "." && (s.notLookedInto(dir) || s.inPointed(path.Dir(dir)))
}

func (s *Service) notLookedInto(dir string) bool {
	if strings.HasPrefix(path.Base(dir), ".") {
		return true
	}
	_, err := s.root.Lstat(dir + pointerSuffix)
	return err == nil
}

// knows reports whether the snapshot is, or was, one of this project.
func (s *Service) knows(ctx context.Context, p Pointer) (known bool, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.QueryRow("SELECT EXISTS(SELECT 1 FROM dataset_snapshots WHERE id=?)", p.ID).Scan(&known)
	})
	return known, err
}

// brings is the one command after which the pointer's snapshot is here.
func (s *Service) brings(p Pointer) string {
	pull, remotes := "rondo data pull "+p.Dataset, []far.Remote(nil)
	if list, err := s.remotes.List(); err == nil {
		remotes = list
	}
	other := "from another copy of the project: rondo data import FOLDER " + Ref(p.Dataset, p.Number)
	switch len(remotes) {
	case 0:
		return other + "; from a remote: rondo data remote NAME ADDRESS, and then " + pull
	case 1:
		return pull + "; or " + other
	}
	return pull + " --remote NAME; or " + other
}

// get is Get that tells, of a dataset which only a pointer names, what brings it.
func (s *Service) get(ctx context.Context, name string) (Dataset, error) {
	d, err := s.Get(ctx, name)
	if !notFound(err) {
		return d, err
	}
	list, failed := s.Pointed(ctx)
	i := slices.IndexFunc(list, func(p Pointed) bool { return p.Dataset == name })
	if failed != nil || i < 0 {
		return d, err
	}
	return d, list[i].notHere()
}

// notHere says that of what a pointer names.
func (p Pointed) notHere() error {
	return errs.New(errs.NotFound, "%s%s names %s, which this copy of the project does not have", p.Path, pointerSuffix, Ref(p.Dataset, p.Number)).
		WithHint("%s", p.Hint)
}

// onlyPointed tells of the snapshot that a dataset's pointer names, where it is unknown here.
func (s *Service) onlyPointed(ctx context.Context, d Dataset) (Pointed, bool) {
	p, err := s.pointer(ctx, d.Path)
	if err != nil || p == nil || p.Dataset != d.Name {
		return Pointed{}, false
	}
	known, err := s.knows(ctx, *p)
	return Pointed{p.Dataset, d.Path, p.Number, p.Files, p.Size, s.brings(*p)}, err == nil && !known
}

// notYet says why a dataset has no snapshot here.
func (s *Service) notYet(ctx context.Context, d Dataset) error {
	if p, only := s.onlyPointed(ctx, d); only {
		return p.notHere()
	}
	return errs.New(errs.NotFound, "%s has no snapshot yet", d.Name).WithHint("take one: rondo data snapshot %s", d.Name)
}
