package dataset

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// content is what lies at a dataset's path.
type content struct {
	single bool
	list   *store.Listing
	rules  *folder.Rules // of .rondoignore, which leave the rest of what lies there out; nil of one file
	facts  facts
	lost   lost
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

// take reads what lies at the path into the store. Where the files are meant to be as they are, none is lost.
func (s *Service) take(ctx context.Context, m *memory, at string, count *store.Count, meant bool) (c content, err error) {
	c.lost.meant = meant
	defer func() { s.foundSure(at, c, err) }()
	if c.single, err = s.single(at); err != nil {
		return c, err
	}
	if !c.single {
		if c.rules, err = folder.RulesAbove(s.root, at); err == nil {
			c.list, err = s.opts.Store.Take(ctx, s.full(at), s.scan(at, &c, m, count))
		}
		return c, err
	}
	part := store.Part{Count: count}
	t, err := s.readFile(store.Heard(ctx, part.Read), m, at, &c.lost, s.keepOpen)
	if err != nil {
		return c, err
	}
	part.Done(1, t.Files[0].Size)
	c.facts.see("", t.Files[0].Path, t.Files[0].Size)
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
	defer func() { s.foundSure(at, c, err) }()
	if c.single, err = s.single(at); err != nil {
		return c, err
	}
	if !c.single {
		if c.rules, err = folder.RulesAbove(s.root, at); err == nil {
			c.list, err = s.opts.Store.Look(ctx, s.full(at), s.scan(at, &c, m, count))
		}
		return c, err
	}
	t, err := s.readFile(ctx, m, at, &c.lost, hashOpen)
	if err == nil {
		c.list, err = s.opts.Store.ListingOf(ctx, t.Files...)
	}
	return c, err
}

func (s *Service) scan(at string, c *content, m *memory, count *store.Count) store.Scan {
	scan := store.Scan{Open: func() (*os.File, error) { return s.openFolder(at) }, Memory: m.Memory, Ignore: c.rules, Began: m.began, Count: count, Each: c.facts.see, Link: s.linking()}
	if !c.lost.meant {
		scan.Lost = c.lost.see
	}
	return scan
}

// openFolder opens a folder of the project, and none that a link leads to outside of it.
func (s *Service) openFolder(at string) (*os.File, error) {
	fault.Point("dataset.opening")
	in, err := s.root.OpenRoot(filepath.FromSlash(at))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return in.Open(".")
}

// opened is a file that is to be read, with what is known of it.
type opened struct {
	*os.File
	full  string
	stamp store.Stamp
	known folder.Known
	began time.Time
}

// keepOpen stores the file and says how it looks then.
func (s *Service) keepOpen(ctx context.Context, f opened) (store.TreeFile, store.Stamp, error) {
	return s.opts.Store.KeepOpen(ctx, f.File, f.full, f.stamp, f.known, store.Scan{Link: s.linking(), Began: f.began})
}

// hashOpen only reads it.
func hashOpen(ctx context.Context, f opened) (store.TreeFile, store.Stamp, error) {
	d, n, err := store.HashOpen(ctx, f.File)
	return store.TreeFile{Digest: d, Size: n}, f.stamp, err
}

// readFile makes the tree of one file, which is not read where it is known.
func (s *Service) readFile(ctx context.Context, m *memory, at string, l *lost, read func(context.Context, opened) (store.TreeFile, store.Stamp, error)) (t store.Tree, err error) {
	f, err := s.root.Open(at)
	if err != nil {
		return t, folder.Unreadable(s.full(at), err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return t, folder.Unreadable(s.full(at), err)
	}
	name, was := path.Base(at), store.StampOf(fi)
	known, now := m.Find("", name), was
	file, settled := store.TreeFile{Digest: known.Digest, Size: was.Size}, was.Settled(m.began)
	switch same := s.looksSame(known, was); {
	case !same || !s.opts.Store.Keeps(known.Digest):
		if file, now, err = read(ctx, opened{f, s.full(at), was, known, m.began}); err != nil {
			return t, err
		}
	case known.Stamp != was:
		settled = true // it is the object itself
	}
	row := folder.Row{Stamp: now, Digest: file.Digest}
	if !l.meant && known.Loses(now, file.Digest) {
		l.see(name)
		row, settled = known.Row, true
		row.Lost = true
	}
	if settled {
		m.Add("", name, row, known)
	}
	file.Path, file.Exec = name, was.Exec
	return store.Tree{Files: []store.TreeFile{file}}, nil
}

// looksSame reports whether a file looks as it did when its content was known.
func (s *Service) looksSame(known folder.Known, now store.Stamp) bool {
	return known.OK && (known.Stamp == now || known.Stamp.Moved(now) && s.opts.Store.IsLinked(known.Digest, now))
}

// place is where a file of a tree lies in the project.
func place(at string, single bool, file string) string {
	if single {
		return at
	}
	return at + "/" + file
}
