package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Dirty is what of the folder is in no commit. Ignored files are not part of it.
type Dirty struct {
	Changed   []string `json:"changed"`           // in the commit, but other than there
	Deleted   []string `json:"deleted"`           // in the commit, but not in the folder
	Untracked []string `json:"untracked"`         // in the folder, but not in the commit
	Skipped   []Skip   `json:"skipped,omitempty"` // of those, what Capture leaves out
}

// Skip says why a path is left out.
type Skip struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Any reports whether there is anything that no commit has.
func (d Dirty) Any() bool { return len(d.Changed)+len(d.Deleted)+len(d.Untracked) > 0 }

// Status compares the folder with the commit that is checked out, except for the named
// files and folders: data, which is not code and is kept elsewhere.
func (r *Repo) Status(ctx context.Context, except ...string) (Dirty, error) {
	d := Dirty{Changed: []string{}, Deleted: []string{}, Untracked: []string{}}
	committed, err := r.committed()
	if err != nil {
		return d, err
	}
	root, err := r.root()
	if err != nil {
		return d, err
	}
	defer root.Close()
	c := r.compare(root)
	defer c.Close()
	for name, entry := range committed {
		if err := ctx.Err(); err != nil {
			return d, err
		}
		if excepted(name, except) {
			continue
		}
		same, err := c.same(ctx, name, entry)
		switch {
		case gone(err) && c.leftOut(name):
		case gone(err):
			d.Deleted = append(d.Deleted, name)
		case err != nil:
			return d, fmt.Errorf("%s: %w", name, err)
		case !same:
			d.Changed = append(d.Changed, name)
			if entry.Mode == filemode.Submodule {
				d.Skipped = append(d.Skipped, Skip{name, "it is a submodule, whose own repository keeps its code"})
			}
		}
	}
	untracked, skipped, err := c.untracked(ctx, committed, except)
	d.Untracked, d.Skipped = untracked, append(d.Skipped, skipped...)
	slices.Sort(d.Changed)
	slices.Sort(d.Deleted)
	return d, err
}

func excepted(name string, except []string) bool {
	return slices.ContainsFunc(except, func(e string) bool { return name == e || strings.HasPrefix(name, e+"/") })
}

// committed returns the commit's files inside the folder.
func (r *Repo) committed() (map[string]object.TreeEntry, error) {
	head, err := r.Head()
	if err != nil || head.Commit == "" {
		return nil, err
	}
	return r.filesOf(head.Commit)
}

func (r *Repo) filesOf(commit string) (map[string]object.TreeEntry, error) {
	tree, err := r.treeOf(commit)
	if err != nil || tree == nil {
		return nil, err
	}
	files := map[string]object.TreeEntry{}
	walker := object.NewTreeWalker(tree, true, nil)
	defer walker.Close()
	for {
		name, entry, err := walker.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if entry.Mode.IsFile() || entry.Mode == filemode.Submodule {
			files[name] = entry
		}
	}
}

// treeOf returns the folder's tree in a commit, nil where the commit does not have it.
func (r *Repo) treeOf(commit string) (*object.Tree, error) {
	c, err := r.repo.CommitObject(plumbing.NewHash(commit))
	if err != nil {
		return nil, unreadable(err)
	}
	tree, err := c.Tree()
	if err != nil || r.sub == "" {
		return tree, err
	}
	tree, err = tree.Tree(r.sub)
	if errors.Is(err, object.ErrDirectoryNotFound) {
		return nil, nil
	}
	return tree, err
}

// statIndex is git's own memory of how the files looked, keyed by path in the folder, and
// the files with rules that it has anywhere. Where it cannot be read every file is hashed
// instead.
func (r *Repo) statIndex() (*index.Index, map[string]*index.Entry) {
	if r.repo == nil {
		return nil, nil
	}
	x, err := r.repo.Storer.Index()
	if err != nil && !(errors.Is(err, index.ErrUnknownExtension) && x != nil) { // the entries come first
		return nil, nil
	}
	rules := ruleFiles(x)
	kept := x.Entries[:0]
	for _, e := range x.Entries {
		if name, ok := r.inside(e.Name); ok && e.Stage == settled {
			e.Name = name
			kept = append(kept, e)
		}
	}
	x.Entries = kept
	return x, rules
}
