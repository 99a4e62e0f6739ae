package dataset

import (
	"context"
	"os"
	"path"

	"rondo/backend/ref"
	"rondo/backend/store"
)

// content is what lies at a dataset's path.
type content struct {
	single bool
	tree   store.Tree
	digest ref.Digest // of the tree
}

// of returns the digest of the one file.
func (c content) of() ref.Digest {
	if c.single {
		return c.tree.Files[0].Digest
	}
	return ref.Zero
}

// take reads what lies at the path into the store.
func (s *Service) take(ctx context.Context, m *memory, at string) (content, error) {
	single, err := s.single(at)
	c := content{single: single}
	if err != nil {
		return c, err
	}
	if single {
		c.tree, err = s.readFile(ctx, m, at, s.opts.Store.PutOpen)
		if err == nil {
			c.digest, err = s.opts.Store.PutTreeList(ctx, c.tree)
		}
		return c, err
	}
	c.tree, c.digest, err = s.opts.Store.PutTreeKnown(ctx, s.full(at), m.known)
	return c, err
}

// look is take that stores nothing.
func (s *Service) look(ctx context.Context, m *memory, at string) (content, error) {
	single, err := s.single(at)
	c := content{single: single}
	switch {
	case err != nil:
		return c, err
	case single:
		c.tree, err = s.readFile(ctx, m, at, store.HashOpen)
	default:
		c.tree, err = s.opts.Store.TreeOf(ctx, s.full(at), m.known)
	}
	if err == nil {
		c.digest, err = store.DigestOf(c.tree)
	}
	return c, err
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
	file := store.TreeFile{Path: path.Base(at), Size: fi.Size(), Exec: fi.Mode()&0o111 != 0}
	d, ok := m.known(s.full(at), fi)
	if file.Digest = d; !ok || !s.opts.Store.Keeps(d) {
		file.Digest, file.Size, err = read(ctx, f)
	}
	return store.Tree{Files: []store.TreeFile{file}}, err
}

// remember notes how the files looked whose content is known now.
func (s *Service) remember(m *memory, at string, c content) error {
	digests := make(map[string]ref.Digest, len(c.tree.Files))
	for _, f := range c.tree.Files {
		digests[s.full(place(at, c.single, f.Path))] = f.Digest
	}
	return m.save(digests)
}

// note remembers what a checkout has put in place, without reading it again. A file
// that somebody has written to since it was staged is left out.
func (s *Service) note(ctx context.Context, m *memory, p plan, c content) {
	m.began = s.opts.Now()
	err := store.Each(ctx, len(p.write), func(_ context.Context, i int) error {
		full := s.full(p.write[i].at)
		fi, err := os.Lstat(full)
		if err == nil && fi.Mode().IsRegular() && p.write[i].stamp.Moved(store.StampOf(fi)) {
			m.see(full, fi)
		}
		return nil
	})
	if err == nil {
		err = s.remember(m, p.base, c)
	}
	if err != nil {
		s.opts.Log.Debug("how the files look could not be noted", "path", p.base, "err", err)
	}
}

// place is where a file of a tree lies in the project.
func place(at string, single bool, file string) string {
	if single {
		return at
	}
	return at + "/" + file
}
