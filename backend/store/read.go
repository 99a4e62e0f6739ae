package store

import (
	"cmp"
	"context"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/klauspost/compress/zstd"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// Info is what Stat knows of an object without reading it.
type Info struct {
	Digest ref.Digest
	Stored int64  // bytes on disk
	File   string // relative to the store
	Offset int64  // of its bytes in the file
}

// Has reports whether the object is here, with all its chunks. It does not read them.
func (s *Store) Has(d ref.Digest) bool {
	p, ok := s.entry(d)
	if !ok {
		_, err := s.whole(d)
		return err == nil
	}
	if p.form != listed {
		return true
	}
	list, err := s.chunks(d)
	if err != nil {
		return false
	}
	_, lacks := s.lacks(list)
	return !lacks
}

// Stat finds an object; a missing one is kind NotFound.
func (s *Store) Stat(d ref.Digest) (Info, error) {
	if p, ok := s.entry(d); ok {
		return Info{Digest: d, Stored: int64(p.stored), File: p.pack.name, Offset: p.offset}, nil
	}
	return s.whole(d)
}

// whole finds an object that is a file of its own, as large ones once were.
func (s *Store) whole(d ref.Digest) (Info, error) {
	for _, suffix := range []string{"", zst} {
		name := objectName(d) + suffix
		if fi, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			return Info{Digest: d, Stored: fi.Size(), File: name}, nil
		}
	}
	return Info{}, errs.New(errs.NotFound, "object %s is not in this project", d.Short()).
		WithHint("bring it back with `rondo data repair`, from a remote or (--from) another copy of the project; where devices synchronise the folder, it may still be on its way")
}

// Open returns the content. A reader of damaged content gets an error of kind
// Corrupt instead of io.EOF, so nobody reaches a clean end of wrong bytes.
func (s *Store) Open(ctx context.Context, d ref.Digest) (io.ReadCloser, error) {
	f, p, err := s.openEntry(d)
	if err != nil {
		return nil, err
	}
	if f == nil {
		r, err := s.openWhole(d)
		if _, now := s.entry(d); err == nil || !now {
			return r, err
		}
		return s.Open(ctx, d) // it was cut into chunks meanwhile
	}
	v := &verified{s: s, want: d, file: p.pack.name, hash: ref.NewHash(), close: f.Close}
	switch p.form {
	case plain:
		v.r = io.NewSectionReader(fault.ReaderAt(f), p.offset, int64(p.stored))
	case listed:
		list, err := readList(f, d, p)
		f.Close()
		if err != nil {
			return nil, err
		}
		c := &chained{s: s, of: d, rest: list, open: opener{s: s}}
		v.r, v.close = c, c.Close
		v.blame = func() error { return s.blame(ctx, d) }
	default:
		if err := v.unsqueeze(io.NewSectionReader(fault.ReaderAt(f), p.offset, int64(p.stored)), f); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (s *Store) openWhole(d ref.Digest) (io.ReadCloser, error) {
	info, err := s.whole(d)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(s.dir, info.File))
	if err != nil {
		return nil, readError(info.File, err)
	}
	v := &verified{s: s, want: d, file: info.File, hash: ref.NewHash(), r: f, close: f.Close}
	if filepath.Ext(info.File) == zst {
		if err := v.unsqueeze(f, f); err != nil {
			return nil, err
		}
		return v, nil
	}
	v.blame = func() error { return s.changedInPlace(d, info.File, f) }
	return v, nil
}

func (v *verified) unsqueeze(r io.Reader, f *os.File) error {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return errors.Join(corrupt(v.want, v.file, err.Error()), f.Close())
	}
	v.r, v.close = z, func() error { z.Close(); return f.Close() }
	return nil
}

type verified struct {
	s     *Store // told of what is damaged; nil for what lies elsewhere
	want  ref.Digest
	file  string
	hash  hash.Hash
	r     io.Reader
	close func() error
	blame func() error // of a large object: names the chunk that is damaged
}

func (v *verified) Read(b []byte) (int, error) {
	n, err := 0, fault.Check("read")
	if err == nil {
		n, err = v.r.Read(b)
	}
	v.hash.Write(b[:n])
	if err == nil {
		return n, nil
	}
	var known *errs.Error
	var disk syscall.Errno
	switch {
	case errors.As(err, &known):
		return n, err
	case errors.As(err, &disk): // of which nobody knows what it holds
		return n, diskError(err)
	case !errors.Is(err, io.EOF):
		return n, v.damaged(err.Error())
	}
	if got := ref.Sum(v.hash); got != v.want {
		if v.blame != nil {
			if err := v.blame(); err != nil {
				return n, err
			}
		}
		return n, v.damaged("its content has digest " + got.Short())
	}
	return n, io.EOF
}

func (v *verified) damaged(reason string) error {
	if v.s != nil {
		v.s.suspect(v.want)
	}
	return corrupt(v.want, v.file, reason)
}

func (v *verified) Close() error { return v.close() }

func corrupt(d ref.Digest, file, reason string) error {
	return errs.New(errs.Corrupt, "object %s in %s is damaged: %s", d.Short(), filepath.ToSlash(file), reason).
		WithHint("put back .rondo/objects/%s from a backup or a teammate's copy, or bring it back with `rondo data repair`; who still has the data takes its snapshot again", filepath.ToSlash(file))
}

// ReadAll returns the content of an object of at most limit bytes.
func (s *Store) ReadAll(ctx context.Context, d ref.Digest, limit int64) ([]byte, error) {
	r, err := s.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errs.New(errs.TooLarge, "object %s is larger than %d bytes", d.Short(), limit)
	}
	return b, err
}

// Checkout writes the object to path, replacing it only when the content has been verified.
func (s *Store) Checkout(ctx context.Context, d ref.Digest, path string, perm fs.FileMode) error {
	return s.CheckoutBy(ctx, d, filepath.Dir(path), path, perm)
}

// CheckoutBy is Checkout to a place among a person's files: what is not whole yet lies in a folder
// of the program's own.
func (s *Store) CheckoutBy(ctx context.Context, d ref.Digest, own, path string, perm fs.FileMode) error {
	return diskError(atomicfile.Renew(own, path, perm, func(f *atomicfile.File) error {
		r, err := s.Open(ctx, d)
		if err != nil {
			return err
		}
		defer r.Close()
		a := atomicfile.WriteAhead(f, f.File)
		_, err = atomicfile.CopyAhead(a, readerCtx{ctx, r})
		a.End()
		return err
	}))
}

type readerCtx struct {
	ctx context.Context
	r   io.Reader
}

func (r readerCtx) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(b)
	heard(r.ctx, n)
	return n, err
}

// List calls fn for every object, those of a pack one after the other as they lie in it.
func (s *Store) List(fn func(Info) error) error {
	for _, p := range s.allPacks() {
		if err := s.listPack(p, fn); err != nil {
			return err
		}
	}
	return s.listWhole(fn)
}

func (s *Store) listPack(p *pack, fn func(Info) error) error {
	for i := range p.rows {
		s.mu.RLock()
		current := s.packed.current(p, i)
		s.mu.RUnlock()
		if !current {
			continue // it lies in another pack too
		}
		r := &p.rows[i]
		if err := fn(Info{Digest: r.digest, Stored: int64(r.stored), File: p.name, Offset: r.offset}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) allPacks() []*pack {
	s.mu.RLock()
	defer s.mu.RUnlock()
	packs := make([]*pack, 0, len(s.packs))
	for _, p := range s.packs {
		packs = append(packs, p)
	}
	slices.SortFunc(packs, func(a, b *pack) int { return cmp.Compare(a.name, b.name) })
	return packs
}

// listWhole lists the objects that are files of their own.
func (s *Store) listWhole(fn func(Info) error) error {
	return filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a write that ended meanwhile
		}
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(s.dir, path)
		d, ok := digestOf(rel)
		if !ok {
			return nil
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		return fn(Info{Digest: d, Stored: fi.Size(), File: rel})
	})
}

func digestOf(rel string) (ref.Digest, bool) {
	dir, base := filepath.Split(rel)
	if len(dir) != 3 {
		return ref.Zero, false
	}
	if filepath.Ext(base) == zst {
		base = base[:len(base)-len(zst)]
	}
	d, err := ref.Parse(dir[:2] + base)
	return d, err == nil
}
