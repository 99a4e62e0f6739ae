package git

import (
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// graft returns the tree with the file in the place that parts name.
func (r *Repo) graft(tree *object.Tree, parts []string, f change) (*object.Tree, error) {
	entry := object.TreeEntry{Name: parts[0], Mode: f.mode, Hash: f.hash}
	out := &object.Tree{}
	var below *object.Tree
	for _, e := range tree.Entries {
		if e.Name != parts[0] {
			out.Entries = append(out.Entries, e)
		} else if e.Mode == filemode.Dir && len(parts) > 1 {
			t, err := r.repo.TreeObject(e.Hash)
			if err != nil {
				return nil, unreadable(err)
			}
			below = t
		}
	}
	if len(parts) > 1 {
		if below == nil {
			below = &object.Tree{}
		}
		below, err := r.graft(below, parts[1:], f)
		if err != nil {
			return nil, err
		}
		entry.Mode = filemode.Dir
		if entry.Hash, err = r.writeTree(below); err != nil {
			return nil, err
		}
	}
	out.Entries = append(out.Entries, entry)
	slices.SortFunc(out.Entries, func(a, b object.TreeEntry) int { return strings.Compare(treeKey(a), treeKey(b)) })
	return out, nil
}

// treeKey is what git sorts a tree by.
func treeKey(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

func (r *Repo) writeTree(t *object.Tree) (plumbing.Hash, error) {
	o := r.repo.Storer.NewEncodedObject()
	if err := t.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return r.repo.Storer.SetEncodedObject(o)
}
