package git

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// settle waits until the disk has objects that were written. What was there already is packed
// away, or as safe as git has left it.
func (r *Repo) settle(made []plumbing.Hash) error {
	objects := filepath.Join(commonOf(r.gitDir), "objects")
	folders := map[string]bool{objects: true}
	for _, h := range made {
		hex := h.String()
		dir := filepath.Join(objects, hex[:2])
		f, err := os.Open(filepath.Join(dir, hex[2:]))
		if err != nil {
			continue
		}
		err = f.Sync()
		f.Close()
		if err != nil && nativeModes { // elsewhere what is read-only cannot be waited for
			return fmt.Errorf("object %s: %w", hex, err)
		}
		folders[dir] = true
	}
	for dir := range folders {
		if err := atomicfile.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// madeFor lists the objects of a tree that changes of files have made: those of the files, and
// of the folders that they lie in.
func (r *Repo) madeFor(tree plumbing.Hash, files []change) (made []plumbing.Hash, err error) {
	made = append(made, tree)
	for _, f := range files {
		made = append(made, f.hash)
		t, err := r.repo.TreeObject(tree)
		for dir, rest, deeper := strings.Cut(f.name, "/"); deeper && err == nil; dir, rest, deeper = strings.Cut(rest, "/") {
			var e *object.TreeEntry
			if e, err = t.FindEntry(dir); err == nil {
				made = append(made, e.Hash)
				t, err = r.repo.TreeObject(e.Hash)
			}
		}
		if err != nil {
			return nil, unreadable(err)
		}
	}
	return made, nil
}

// moveBranch lets a branch, or HEAD that is on none, mean a commit under git's own lock, if it
// means still what it meant before. The disk has the commit first, and then that.
func (r *Repo) moveBranch(name plumbing.ReferenceName, old *plumbing.Reference, to plumbing.Hash) error {
	at, err := filepath.Join(r.gitDir, "HEAD"), error(nil)
	if name != plumbing.HEAD {
		if at, err = r.placeOf(string(name)); err != nil {
			return err
		}
	}
	l, err := r.lockRef(string(name), at, []byte(to.String()+"\n"))
	if err != nil {
		return err
	}
	defer l.Close()
	if is, err := r.repo.Reference(name, false); old == nil != (err != nil) || old != nil && is.Hash() != old.Hash() {
		return errs.New(errs.Conflict, "the branch moved while the commit was made").WithHint("try again")
	}
	if err := l.replace(); err != nil {
		return errs.New(errs.Unavailable, "%s cannot be written in the git repository: %w", name, err)
	}
	return nil
}
