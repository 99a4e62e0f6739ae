package git

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/errs"
)

// Saved is a commit of the work tree that no branch has.
type Saved struct {
	Commit string
	Left   []string // untracked files that are not in it, as seen from the folder
}

// Loose lists what lies in the work tree untracked and not ignored, as seen from the folder.
func (l *Laying) Loose() (list []string) {
	for name := range l.loose {
		list = append(list, l.told(name))
	}
	slices.Sort(list)
	return list
}

// Save commits what lies in the work tree on top of HEAD: the files that the index names, and
// those at and below some paths, also where git ignores them; a path where nothing lies is left
// out. Branches and index stay as they are. It is on disk then, and nothing refers to it yet.
func (l *Laying) Save(message string, more []string, now time.Time) (done Saved, err error) {
	s := &stash{Laying: l}
	if s.who, err = l.repo.author(now); err != nil {
		return done, err
	}
	if s.by, err = l.repo.who("committer", now); err != nil {
		return done, err
	}
	for name := range l.changed {
		if err := s.uncleaned(name); err != nil {
			return done, err
		}
	}
	files, err := s.tracked()
	if err == nil {
		err = s.add(files, more)
	}
	if err != nil {
		return done, err
	}
	h, err := s.commit(files, message, plumbing.NewHash(l.head.Commit))
	if err == nil {
		err = s.repo.settle(s.made)
	}
	if err != nil {
		return done, errs.New(errs.Unavailable, "the git repository cannot be written: %w", err).WithHint("see whether the disk is full")
	}
	done.Commit, done.Left = h.String(), []string{}
	for name := range l.loose {
		if _, is := files[name]; !is {
			done.Left = append(done.Left, l.told(name))
		}
	}
	slices.Sort(done.Left)
	return done, nil
}

// tracked are the files that the index names, as they lie there.
func (s *stash) tracked() (files map[string]object.TreeEntry, err error) {
	files = map[string]object.TreeEntry{}
	for name, e := range s.index {
		switch {
		case s.gone[name]:
		case s.changed[name]:
			if files[name], err = s.store(name, e); err != nil {
				return nil, err
			}
		default:
			files[name] = e
		}
	}
	return files, nil
}

// uncleaned refuses what git would only take by another program.
func (s *stash) uncleaned(name string) error {
	f := s.attrs.get(name, "filter")
	if f == "" || f == attrUnset || s.settings.get("filter."+f+".clean")+s.settings.get("filter."+f+".process") == "" {
		return nil
	}
	return errs.New(errs.Precondition, "%s goes through git's filter %s, which Rondo does not run", s.told(name), f).
		WithHint("`git commit` takes it; so does dvc itself")
}

// add takes what lies at paths of the folder into a tree, but for what is in submodules, in
// other repositories, or programs' own.
func (s *stash) add(files map[string]object.TreeEntry, paths []string) error {
	for _, p := range paths {
		name := path.Join(s.sub, p)
		if !fs.ValidPath(name) || s.behindLink(name) {
			return errs.New(errs.Invalid, "%s lies outside of the repository or behind a link", p)
		}
		if _, err := s.root.Lstat(name); gone(err) || s.inModule(name) {
			continue
		}
		err := fs.WalkDir(s.root.FS(), name, func(at string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && at != name && s.foreignDir(at), d.IsDir() && ownPlace(at+"/x"):
				return fs.SkipDir
			case d.IsDir() || ownPlace(at) || d.Type()&^fs.ModeSymlink != 0:
				return nil
			}
			if err := s.uncleaned(at); err != nil {
				return err
			}
			files[at], err = s.store(at, s.index[at])
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// foreignDir reports whether a folder is a repository of its own.
func (s *stash) foreignDir(dir string) bool {
	_, err := s.root.Lstat(path.Join(dir, ".git"))
	return err == nil || path.Base(dir) == ".git"
}

func (s *stash) inModule(name string) bool {
	for at, e := range s.index {
		if e.Mode == filemode.Submodule && (at == name || strings.HasPrefix(name, at+"/")) {
			return true
		}
	}
	return false
}
