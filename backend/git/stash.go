package git

import (
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"rondo/backend/errs"
)

// maxIdle is the size up to which an untracked file that nothing overwrites is kept all the
// same, in bytes: so the whole can be taken back by `git stash apply`.
const maxIdle = 64 << 20

// Keep writes what no commit has into the repository, in the form of git-stash(1), and makes
// the name mean it. It returns the commit; none where nothing is changed. It is on disk then.
func (l *Laying) Keep(name, message string, now time.Time) (string, error) {
	if !l.dirty {
		return "", nil
	}
	who := l.repo.somebody(now)
	s := &stash{Laying: l, who: who, by: who}
	h, err := s.commits(message)
	if err == nil {
		err = s.repo.settle(s.made)
	}
	if err != nil {
		return "", errs.New(errs.Unavailable, "your changes cannot be kept in the git repository, so nothing was touched: %w", err).
			WithHint("see whether the disk is full")
	}
	return h.String(), l.repo.SetRef(name, h.String(), l.where()+message, now)
}

// somebody is who git's settings say the person is, or nobody in particular, as with git stash.
func (r *Repo) somebody(now time.Time) object.Signature {
	if who, err := r.who("committer", now); err == nil {
		return who
	}
	return object.Signature{Name: "git", Email: "git@stash", When: now}
}

// where begins the message of a stash.
func (l *Laying) where() string {
	if l.head.Branch == "" {
		return "On (no branch): "
	}
	return "On " + l.head.Branch + ": "
}

type stash struct {
	*Laying
	who  object.Signature // the author
	by   object.Signature // the committer
	made []plumbing.Hash
}

// commits are three, as with libgit2: what the index has, what is untracked, and, with those as
// parents, the files that git tracks as they lie there.
func (s *stash) commits(message string) (h plumbing.Hash, err error) {
	head := plumbing.NewHash(s.head.Commit)
	base, err := s.repo.repo.CommitObject(head)
	if err != nil {
		return h, unreadable(err)
	}
	subject, _, _ := strings.Cut(base.Message, "\n")
	on := strings.TrimPrefix(s.where(), "On ") + s.head.Commit[:7] + " " + subject + "\n"
	nothing, err := s.repo.write(plumbing.BlobObject, nil) // is what `git add -N` names
	if err != nil {
		return h, err
	}
	s.made = append(s.made, nothing)
	index, err := s.commit(s.index, "index on "+on, head)
	if err != nil {
		return h, err
	}
	loose, err := s.untrackedFiles()
	if err != nil {
		return h, err
	}
	untracked, err := s.commit(loose, "untracked files on "+on)
	if err != nil {
		return h, err
	}
	work, err := s.work()
	if err != nil {
		return h, err
	}
	return s.commit(work, s.where()+message+"\n", head, index, untracked)
}

// work are the tracked files as they lie there; with those that HEAD has and that only the
// index has no more, as libgit2 has it.
func (s *stash) work() (files map[string]object.TreeEntry, err error) {
	if files, err = s.tracked(); err != nil {
		return nil, err
	}
	for name := range s.loose {
		if old, was := s.were[name]; was {
			if files[name], err = s.store(name, old); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// untrackedFiles are the untracked files but for large ones that stay where they are.
func (s *stash) untrackedFiles() (files map[string]object.TreeEntry, err error) {
	files = map[string]object.TreeEntry{}
	for name := range s.loose {
		fi, err := s.root.Lstat(name)
		if err != nil || fi.Size() > maxIdle && !s.inTheWay[name] {
			continue
		}
		if files[name], err = s.store(name, object.TreeEntry{}); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (s *stash) store(name string, old object.TreeEntry) (e object.TreeEntry, err error) {
	fi, err := s.root.Lstat(name)
	if err != nil {
		return e, err
	}
	e.Mode = filemode.Regular
	if s.modes && executable(fi.Mode(), false) || !s.modes && old.Mode == filemode.Executable {
		e.Mode = filemode.Executable
	}
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		var target string
		if target, err = s.root.Readlink(name); err == nil {
			e.Mode = filemode.Symlink
			e.Hash, err = s.repo.write(plumbing.BlobObject, []byte(target))
		}
	case fi.Size() > maxConverted:
		e.Hash, err = s.stream(name, fi.Size())
	default:
		var b []byte
		if b, err = s.root.ReadFile(name); err == nil {
			e.Hash, err = s.repo.write(plumbing.BlobObject, s.clean(name, b, old.Hash))
		}
	}
	s.made = append(s.made, e.Hash)
	return e, err
}

// stream writes a large file as it is.
func (s *stash) stream(name string, size int64) (h plumbing.Hash, err error) {
	in, err := s.root.Open(name)
	if err != nil {
		return h, err
	}
	defer in.Close()
	w, err := dotgit.New(s.repo.repo.Storer.(*storage).Filesystem()).NewObject()
	if err != nil {
		return h, err
	}
	if err = w.WriteHeader(plumbing.BlobObject, size); err == nil {
		_, err = io.CopyN(w, in, size)
	}
	if closed := w.Close(); err == nil {
		err = closed
	}
	return w.Hash(), err
}

func (s *stash) commit(files map[string]object.TreeEntry, message string, parents ...plumbing.Hash) (h plumbing.Hash, err error) {
	c := &object.Commit{Author: s.who, Committer: s.by, Message: message, ParentHashes: parents}
	if c.TreeHash, err = s.tree(files); err != nil {
		return h, err
	}
	o := s.repo.repo.Storer.NewEncodedObject()
	if err = c.Encode(o); err == nil {
		h, err = s.repo.repo.Storer.SetEncodedObject(o)
	}
	s.made = append(s.made, h)
	return h, err
}

// tree writes files as a tree.
func (s *stash) tree(files map[string]object.TreeEntry) (h plumbing.Hash, err error) {
	t, below := &object.Tree{}, map[string]map[string]object.TreeEntry{}
	for name, e := range files {
		first, rest, deeper := strings.Cut(name, "/")
		if !deeper {
			t.Entries = append(t.Entries, object.TreeEntry{Name: first, Mode: e.Mode, Hash: e.Hash})
			continue
		}
		if below[first] == nil {
			below[first] = map[string]object.TreeEntry{}
		}
		below[first][rest] = e
	}
	for name, inner := range below {
		e := object.TreeEntry{Name: name, Mode: filemode.Dir}
		if e.Hash, err = s.tree(inner); err != nil {
			return h, err
		}
		t.Entries = append(t.Entries, e)
	}
	slices.SortFunc(t.Entries, func(a, b object.TreeEntry) int { return strings.Compare(treeKey(a), treeKey(b)) })
	h, err = s.repo.writeTree(t)
	s.made = append(s.made, h)
	return h, err
}
