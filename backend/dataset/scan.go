package dataset

import (
	"context"
	"path"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// content is what lies at a dataset's path.
type content struct {
	single bool
	list   *store.Listing
	facts  facts
}

// digest is that of the tree.
func (c content) digest() ref.Digest { return c.list.Digest() }

// of returns the digest of the one file.
func (c content) of(ctx context.Context) (d ref.Digest, err error) {
	if !c.single {
		return ref.Zero, nil
	}
	for f, err := range c.list.All(ctx) {
		return f.Digest, err
	}
	return ref.Zero, nil
}

// take reads what lies at the path into the store.
func (s *Service) take(ctx context.Context, m *memory, at string, count *store.Count) (c content, err error) {
	if c.single, err = s.single(at); err != nil {
		return c, err
	}
	if !c.single {
		c.list, err = s.opts.Store.Take(ctx, s.full(at), c.scan(m, count))
		return c, err
	}
	t, err := s.readFile(ctx, m, at, s.opts.Store.PutOpen)
	if err != nil {
		return c, err
	}
	c.facts.see(t.Files[0])
	if c.list, err = s.keepList(ctx, t); errs.Is(err, errs.Corrupt) {
		c.list, err = s.keepList(ctx, t) // what was found damaged is now stored anew
	}
	return c, err
}

func (s *Service) keepList(ctx context.Context, t store.Tree) (*store.Listing, error) {
	d, err := s.opts.Store.PutTreeList(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.opts.Store.OpenListing(ctx, d)
}

// look is take that stores nothing.
func (s *Service) look(ctx context.Context, m *memory, at string, count *store.Count) (c content, err error) {
	if c.single, err = s.single(at); err != nil {
		return c, err
	}
	if !c.single {
		c.list, err = s.opts.Store.Look(ctx, s.full(at), c.scan(m, count))
		return c, err
	}
	t, err := s.readFile(ctx, m, at, store.HashOpen)
	if err == nil {
		c.list, err = s.opts.Store.ListingOf(ctx, t.Files...)
	}
	return c, err
}

func (c *content) scan(m *memory, count *store.Count) store.Scan {
	return store.Scan{Memory: m.Memory, Began: m.began, Count: count, Each: c.facts.see}
}

// readFile makes the tree of one file, which is not read where it is known.
func (s *Service) readFile(ctx context.Context, m *memory, at string, read store.Reader) (store.Tree, error) {
	f, err := s.root.Open(at)
	if err != nil {
		return store.Tree{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return store.Tree{}, err
	}
	name, stamp := path.Base(at), store.StampOf(fi)
	file := store.TreeFile{Path: name, Size: fi.Size(), Exec: stamp.Exec}
	known := m.Find("", name)
	if file.Digest = known.Digest; !known.OK || known.Stamp != stamp || !s.opts.Store.Keeps(known.Digest) {
		if file.Digest, file.Size, err = read(ctx, f); err != nil {
			return store.Tree{}, err
		}
	}
	m.note(name, stamp, file.Digest, known)
	return store.Tree{Files: []store.TreeFile{file}}, nil
}

// place is where a file of a tree lies in the project.
func place(at string, single bool, file string) string {
	if single {
		return at
	}
	return at + "/" + file
}
