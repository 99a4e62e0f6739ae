package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Listing is a tree that is read as it is needed, a node at a time.
type Listing struct {
	s     *Store
	fresh map[ref.Digest][]byte // nodes that are not in the store
	root  ref.Digest
	top   *node
	Files int64
	Size  int64 // bytes of all files
}

// OpenListing opens the tree with a digest.
func (s *Store) OpenListing(ctx context.Context, d ref.Digest) (*Listing, error) {
	l := &Listing{s: s, root: d}
	return l, l.open(ctx)
}

func (l *Listing) open(ctx context.Context) (err error) {
	if l.top, err = l.node(ctx, l.root); err == nil {
		l.Files, l.Size = l.top.sum()
	}
	return err
}

// ListingOf makes a listing of files, in memory. They must be in the order of their paths.
func (s *Store) ListingOf(ctx context.Context, files ...TreeFile) (*Listing, error) {
	l := &Listing{s: s, fresh: map[ref.Digest][]byte{}}
	w := newTreeWriter(l.note)
	for _, f := range files {
		if err := w.Add(f); err != nil {
			return nil, err
		}
	}
	return l, l.end(ctx, w)
}

// note keeps a node in memory unless it is in the store.
func (l *Listing) note(node []byte) (ref.Digest, error) {
	d := ref.Of(node)
	if l.s.packed == nil || !l.s.Has(d) {
		l.fresh[d] = bytes.Clone(node)
	}
	return d, nil
}

func (l *Listing) end(ctx context.Context, w *TreeWriter) (err error) {
	if l.root, err = w.End(); err != nil {
		return err
	}
	return l.open(ctx)
}

// Digest is that of the tree.
func (l *Listing) Digest() ref.Digest { return l.root }

func (l *Listing) node(ctx context.Context, d ref.Digest) (*node, error) {
	b, ok := l.fresh[d]
	if !ok {
		var err error
		if b, err = l.s.ReadAll(ctx, d, maxTree); err != nil {
			return nil, err
		}
	}
	return decodeNode(d, b)
}

// below reads the node of a child and sees that it is what its parent says.
func (l *Listing) below(ctx context.Context, level int, c child) (*node, error) {
	n, err := l.node(ctx, c.digest)
	if err != nil {
		return nil, err
	}
	if files, size := n.sum(); n.level != level || files != c.files || size != c.size || n.last() != c.last {
		return nil, errs.New(errs.Invalid, "tree %s cannot be used: node %s is not what the one above it says", l.root.Short(), c.digest.Short())
	}
	return n, nil
}

// Pages hands out the files in the order of their paths, some at a time.
func (l *Listing) Pages(ctx context.Context) iter.Seq2[[]TreeFile, error] {
	return func(yield func([]TreeFile, error) bool) {
		c := l.cursor(ctx)
		for c.ok() {
			if c.page() == nil {
				if c.open(); c.err != nil {
					break
				}
				continue
			}
			if !yield(c.page(), nil) {
				return
			}
			c.skip()
		}
		if c.err != nil {
			yield(nil, c.err)
		}
	}
}

// All hands out the files in the order of their paths.
func (l *Listing) All(ctx context.Context) iter.Seq2[TreeFile, error] {
	return func(yield func(TreeFile, error) bool) {
		for page, err := range l.Pages(ctx) {
			if err != nil {
				yield(TreeFile{}, err)
				return
			}
			for _, f := range page {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// Tree reads the whole listing into memory.
func (l *Listing) Tree(ctx context.Context) (Tree, error) {
	t := Tree{Files: make([]TreeFile, 0, min(l.Files, 1<<16))}
	for page, err := range l.Pages(ctx) {
		if err != nil {
			return Tree{}, err
		}
		t.Files = append(t.Files, page...)
	}
	return t, nil
}

// IsList reports whether a tree is one list in JSON, as all were before those of many
// files had nodes. It reads no more than the first bytes.
func (s *Store) IsList(ctx context.Context, d ref.Digest) (bool, error) {
	r, err := s.Open(ctx, d)
	if err != nil {
		return false, err
	}
	defer r.Close()
	head := make([]byte, len(nodeMagic))
	if _, err := io.ReadFull(r, head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return string(head) != nodeMagic, nil
}

// OldDigest is the digest that the tree had before trees of many files had nodes: that of
// the whole list in JSON.
func (l *Listing) OldDigest(ctx context.Context) (ref.Digest, error) {
	h := ref.NewHash()
	io.WriteString(h, `{"files":[`)
	first := true
	for f, err := range l.All(ctx) {
		if err != nil {
			return ref.Zero, err
		}
		b, err := json.Marshal(f)
		if err != nil {
			return ref.Zero, err
		}
		if !first {
			io.WriteString(h, ",")
		}
		first = false
		h.Write(b)
	}
	io.WriteString(h, "]}")
	return ref.Sum(h), nil
}
