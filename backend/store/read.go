package store

import (
	"context"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Info is what Stat knows of an object without reading it.
type Info struct {
	Digest ref.Digest
	Stored int64  // bytes on disk
	File   string // relative to the store
	Offset int64  // of its bytes in the file
}

// Has reports whether the object is here. It does not read it.
func (s *Store) Has(d ref.Digest) bool {
	_, err := s.Stat(d)
	return err == nil
}

// Stat finds an object; a missing one is kind NotFound.
func (s *Store) Stat(d ref.Digest) (Info, error) {
	s.mu.RLock()
	p, ok := s.packed[d]
	s.mu.RUnlock()
	if ok {
		return Info{Digest: d, Stored: p.stored, File: p.pack, Offset: p.offset}, nil
	}
	for _, suffix := range []string{"", zst} {
		name := objectName(d) + suffix
		if fi, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			return Info{Digest: d, Stored: fi.Size(), File: name}, nil
		}
	}
	return Info{}, errs.New(errs.NotFound, "object %s is not in this project", d.Short()).
		WithHint("copy .rondo/objects from where the data was stored")
}

// Open returns the content. A reader of damaged content gets an error of kind
// Corrupt instead of io.EOF, so nobody reaches a clean end of wrong bytes.
func (s *Store) Open(_ context.Context, d ref.Digest) (io.ReadCloser, error) {
	info, err := s.Stat(d)
	if err != nil {
		return nil, err
	}
	raw, packed, err := s.raw(d, info)
	if err != nil {
		return nil, err
	}
	v := &verified{want: d, file: info.File, hash: ref.NewHash(), close: raw.Close, r: raw}
	if packed || filepath.Ext(info.File) == zst {
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, errors.Join(corrupt(d, info.File, err.Error()), raw.Close())
		}
		v.r, v.close = z, func() error { z.Close(); return raw.Close() }
	}
	return v, nil
}

// raw returns the stored bytes and whether they are a compressed entry of a pack.
func (s *Store) raw(d ref.Digest, info Info) (io.ReadCloser, bool, error) {
	f, err := os.Open(filepath.Join(s.dir, info.File))
	if err != nil {
		return nil, false, err
	}
	s.mu.RLock()
	p, ok := s.packed[d]
	s.mu.RUnlock()
	if !ok {
		return f, false, nil
	}
	return section{io.NewSectionReader(f, p.offset, p.stored), f}, p.compressed, nil
}

type section struct {
	io.Reader
	f *os.File
}

func (s section) Close() error { return s.f.Close() }

type verified struct {
	want  ref.Digest
	file  string
	hash  hash.Hash
	r     io.Reader
	close func() error
}

func (v *verified) Read(b []byte) (int, error) {
	n, err := v.r.Read(b)
	v.hash.Write(b[:n])
	if err == nil {
		return n, nil
	}
	if !errors.Is(err, io.EOF) {
		return n, corrupt(v.want, v.file, err.Error())
	}
	if got := ref.Sum(v.hash); got != v.want {
		return n, corrupt(v.want, v.file, "its content has digest "+got.Short())
	}
	return n, io.EOF
}

func (v *verified) Close() error { return v.close() }

func corrupt(d ref.Digest, file, reason string) error {
	return errs.New(errs.Corrupt, "object %s in %s is damaged: %s", d.Short(), filepath.ToSlash(file), reason).
		WithHint("put back .rondo/objects/%s from a backup or a teammate's copy; `rondo fsck` lists every damaged file", filepath.ToSlash(file))
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
	r, err := s.Open(ctx, d)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := atomicfile.Create(path, perm)
	if err != nil {
		return diskError(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, readerCtx{ctx, r}); err != nil {
		return diskError(err)
	}
	return diskError(f.Commit())
}

type readerCtx struct {
	ctx context.Context
	r   io.Reader
}

func (r readerCtx) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// List calls fn for every object.
func (s *Store) List(fn func(Info) error) error {
	s.mu.RLock()
	infos := make([]Info, 0, len(s.packed))
	for d, p := range s.packed {
		infos = append(infos, Info{Digest: d, Stored: p.stored, File: p.pack, Offset: p.offset})
	}
	s.mu.RUnlock()
	for _, i := range infos {
		if err := fn(i); err != nil {
			return err
		}
	}
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
