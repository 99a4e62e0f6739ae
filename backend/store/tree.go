package store

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"rondo/backend/errs"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

// Tree is a folder's content in memory: files by path, sorted. Listing is the same for
// folders that may be large.
type Tree struct {
	Files []TreeFile `json:"files"`
}

// TreeFile is one file of a Tree.
type TreeFile struct {
	Path   string     `json:"path"` // slash-separated, inside the tree
	Digest ref.Digest `json:"digest"`
	Size   int64      `json:"size"`
	Exec   bool       `json:"exec,omitempty"`
}

const maxTree = 1 << 30 // bytes of a tree's JSON

// Size returns the bytes of all files together.
func (t Tree) Size() (n int64) {
	for _, f := range t.Files {
		n += f.Size
	}
	return n
}

// Find returns the file at a path.
func (t Tree) Find(path string) (TreeFile, bool) {
	i := sort.Search(len(t.Files), func(i int) bool { return t.Files[i].Path >= path })
	if i < len(t.Files) && t.Files[i].Path == path {
		return t.Files[i], true
	}
	return TreeFile{}, false
}

// PutTree stores every file below dir. Links, devices and names that are not UTF-8
// are refused by name: a tree never claims more than it holds.
func (s *Store) PutTree(ctx context.Context, dir string) (Tree, ref.Digest, error) {
	return s.PutTreeKnown(ctx, dir, nil, nil)
}

// PutTreeKnown is PutTree that does not read the files whose digest is known, nor look at what rules leave out.
func (s *Store) PutTreeKnown(ctx context.Context, dir string, known Known, rules *folder.Rules) (Tree, ref.Digest, error) {
	l, err := s.Take(ctx, dir, Scan{Known: known, Ignore: rules})
	if err != nil {
		return Tree{}, ref.Zero, err
	}
	t, err := l.Tree(ctx)
	return t, l.Digest(), err
}

// PutTreeList stores the list itself, whose objects are here already.
func (s *Store) PutTreeList(ctx context.Context, t Tree) (ref.Digest, error) {
	p := s.packer()
	d, err := t.write(func(node []byte) (ref.Digest, error) { return p.put(node, nodeKind) })
	if err != nil {
		p.discard(ctx)
		return ref.Zero, diskError(err)
	}
	return d, diskError(p.flush(ctx))
}

const nodeKind = "/tree" // no file's extension

// TreeOf is PutTreeKnown that stores nothing: it says what the tree would be.
func (s *Store) TreeOf(ctx context.Context, dir string, known Known, rules *folder.Rules) (Tree, error) {
	l, err := s.Look(ctx, dir, Scan{Known: known, Ignore: rules})
	if err != nil {
		return Tree{}, err
	}
	return l.Tree(ctx)
}

// DigestOf returns the digest that the tree has as an object.
func DigestOf(t Tree) (ref.Digest, error) {
	return t.write(func(node []byte) (ref.Digest, error) { return ref.Of(node), nil })
}

func (t Tree) write(put func(node []byte) (ref.Digest, error)) (ref.Digest, error) {
	w := newTreeWriter(put)
	for _, f := range t.Files {
		if err := w.Add(f); err != nil {
			return ref.Zero, err
		}
	}
	return w.End()
}

// OpenTree reads a tree's list. Paths that would leave a folder are refused.
func (s *Store) OpenTree(ctx context.Context, d ref.Digest) (Tree, error) {
	l, err := s.OpenListing(ctx, d)
	if err != nil {
		return Tree{}, err
	}
	return l.Tree(ctx)
}

// CheckoutTree writes every file of the tree below dir, which it makes. Files that
// are not in the tree are left alone.
func (s *Store) CheckoutTree(ctx context.Context, d ref.Digest, dir string) error {
	l, err := s.OpenListing(ctx, d)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return diskError(err)
	}
	for f, err := range l.All(ctx) {
		if err != nil {
			return err
		}
		if err := s.Checkout(ctx, f.Digest, filepath.Join(dir, filepath.FromSlash(f.Path)), f.Perm()); err != nil {
			return err
		}
	}
	return nil
}

// Perm is the mode that the file is checked out with.
func (f TreeFile) Perm() fs.FileMode {
	if f.Exec {
		return 0o755
	}
	return 0o644
}

// parseInline reads a tree that is one list.
func parseInline(d ref.Digest, b []byte) ([]TreeFile, error) {
	var t Tree
	if err := json.Unmarshal(b, &t); err != nil {
		return nil, errs.New(errs.Invalid, "object %s is not a tree", d.Short())
	}
	for i, f := range t.Files {
		if !allowed(f.Path) || i > 0 && t.Files[i-1].Path >= f.Path {
			return nil, errs.New(errs.Invalid, "tree %s holds the path %q, which is not allowed", d.Short(), f.Path)
		}
		if f.Size < 0 {
			return nil, errs.New(errs.Invalid, "tree %s holds a file of %d bytes", d.Short(), f.Size)
		}
	}
	return t.Files, nil
}
