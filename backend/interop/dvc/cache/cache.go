// Package cache is the store that DVC keeps content in, in both its layouts, with the notes of its run
// cache beside it. It knows names and bytes: what of it a project needs, the caller says. Nothing
// damaged is taken from it unnoticed, and nothing appears in it in part.
package cache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Cache is DVC's object store in both its layouts: files/md5/ab/cdef of DVC 3, and ab/cdef
// of DVC 2, where content has its Dos2Unix name.
type Cache struct {
	Dir string

	Types  []string // of links into the folder, the best first
	Shared bool     // by a group: others may write, too
}

// Path is the place of an object.
func (c Cache) Path(hash, md5 string) string {
	if metafile.ValidMD5(md5) != "" || len(md5) < 32 {
		return filepath.Join(c.Dir, "no-such-object")
	}
	if hash == metafile.Dos2Unix {
		return filepath.Join(c.Dir, md5[:2], md5[2:])
	}
	return filepath.Join(c.Dir, "files", "md5", md5[:2], md5[2:])
}

// Protected is the mode of an object that DVC has looked at and trusts ever after.
const Protected = 0o444

// Holds reports whether DVC would take an object as whole: one that is protected without
// a look, another by its hash. An absent one is no error.
func (c Cache) Holds(ctx context.Context, hash, md5 string) (bool, error) {
	f, err := os.Open(c.Path(hash, md5))
	if err != nil {
		return false, nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Mode().Perm() == Protected {
		return err == nil, err
	}
	got, _, err := metafile.Sum(ctx, f, hash)
	return got == strings.TrimSuffix(md5, ".dir"), err
}

// Has reports whether DVC would find a path's whole content, with all files of a folder.
func (c Cache) Has(ctx context.Context, e metafile.Entry) (bool, error) {
	if ok, err := c.Holds(ctx, e.Hash, e.MD5); !ok || err != nil || !strings.HasSuffix(e.MD5, ".dir") {
		return ok, err
	}
	files, err := c.Tree(e.Hash, e.MD5)
	if err != nil {
		return false, nil
	}
	for _, f := range files {
		if ok, err := c.Holds(ctx, e.Hash, f.MD5); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}

// Tree reads a .dir object. Its name is compared with its content.
func (c Cache) Tree(hash, md5 string) ([]metafile.TreeFile, error) {
	f, err := os.Open(c.Path(hash, md5))
	if err != nil {
		return nil, NotCached(md5, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxTree+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read the cache object %s", md5)
	}
	if metafile.TreeSum(b) != md5 {
		return nil, Damaged(md5)
	}
	return metafile.ReadTree(md5, b)
}

// NotCached is the error that an object is not there, or cannot be opened.
func NotCached(md5 string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "the cache has no object %s", md5).WithHint("`rondo data fetch` brings it, where a remote has it")
	}
	return errs.New(errs.Unavailable, "the cache object %s cannot be opened: %w", md5, err)
}

// Damaged is the error that an object holds something else than its name says.
func Damaged(md5 string) error {
	return errs.New(errs.Corrupt, "the cache object %s is damaged: its content has another hash", md5).
		WithHint("`rondo data fetch` takes it anew, where a remote has it; `rondo data verify` names all that are damaged, and the paths that need them")
}

// Open opens an object. Whoever reads it compares the hash, whatever mode the file has.
func (c Cache) Open(hash, md5 string) (io.ReadCloser, error) {
	f, err := os.Open(c.Path(hash, md5))
	if err != nil {
		return nil, NotCached(md5, err)
	}
	return f, nil
}

// Content opens an object to be sent.
func (c Cache) Content(o Object) (*os.File, *io.SectionReader, error) {
	f, err := os.Open(c.Path(o.Hash, o.MD5))
	if err != nil {
		return nil, nil, NotCached(o.MD5, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, NotCached(o.MD5, err)
	}
	return f, io.NewSectionReader(f, 0, info.Size()), nil
}

// Put places content, protected, so that DVC takes it as its own: in DVC 3's layout, or
// that of DVC 2 for Dos2Unix. An object that is there already stays.
func (c Cache) Put(ctx context.Context, r io.Reader, hash string) (md5 string, size int64, err error) {
	tmp, md5, size, err := c.Take(ctx, r, hash)
	if err != nil {
		return "", 0, err
	}
	defer tmp.Close()
	return md5, size, c.Place(tmp, hash, md5)
}

// Take begins an object with all its content, and tells what its name would be.
func (c Cache) Take(ctx context.Context, r io.Reader, hash string) (tmp *atomicfile.File, md5 string, size int64, err error) {
	if tmp, err = c.Create(hash); err != nil {
		return nil, "", 0, err
	}
	if md5, size, err = metafile.Sum(ctx, io.TeeReader(r, filling{c, tmp}), hash); err != nil {
		tmp.Close()
		return nil, "", 0, err
	}
	return tmp, md5, size, nil
}

// PutTree places a .dir object.
func (c Cache) PutTree(files []metafile.TreeFile, hash string) (md5 string, err error) {
	text := metafile.TreeText(files)
	md5 = metafile.TreeSum(text)
	tmp, err := c.Create(hash)
	if err != nil {
		return "", err
	}
	defer tmp.Close()
	if _, err := tmp.Write(text); err != nil {
		return "", c.cannotWrite(err)
	}
	return md5, c.Place(tmp, hash, md5)
}

// Create begins an object; Place ends it, and a Close before that leaves nothing.
func (c Cache) Create(hash string) (*atomicfile.File, error) {
	at := filepath.Join(c.Dir, "put")
	if hash == metafile.MD5 {
		at = filepath.Join(c.Dir, "files", "md5", "put")
	}
	tmp, err := atomicfile.Create(at, 0o644)
	if err != nil {
		return nil, c.cannotWrite(err)
	}
	return tmp, nil
}

// Place makes a file that was begun the object of its name, protected.
func (c Cache) Place(tmp *atomicfile.File, hash, md5 string) error {
	if _, err := os.Stat(c.Path(hash, md5)); err == nil {
		return nil // its Close removes the temporary file
	}
	return c.Replace(tmp, hash, md5)
}

// Replace is Place also where there is an object, which may be damaged: whoever reads it at that
// moment has the one or the other.
func (c Cache) Replace(tmp *atomicfile.File, hash, md5 string) error {
	to, perm := c.Path(hash, md5), fs.FileMode(0o755)
	if c.Shared {
		perm = 0o775 | fs.ModeSetgid
	}
	err := errors.Join(os.MkdirAll(filepath.Dir(to), perm), tmp.Chmod(Protected))
	if err == nil {
		err = tmp.CommitAs(to)
	}
	if err != nil {
		return c.cannotWrite(err)
	}
	return nil
}

// filling is a file of the cache whose failures name the cache, and not what is read.
type filling struct {
	c   Cache
	tmp *atomicfile.File
}

func (f filling) Write(b []byte) (int, error) {
	n, err := f.tmp.Write(b)
	if err != nil {
		err = f.c.cannotWrite(err)
	}
	return n, err
}

func (c Cache) cannotWrite(err error) error {
	return errs.New(errs.Unavailable, "the cache cannot be written: %w", err).WithHint("see whether the disk is full and whether you may write to %s", c.Dir)
}

// Drop removes an object; one that is not there is no error.
func (c Cache) Drop(hash, md5 string) error {
	if err := os.Remove(c.Path(hash, md5)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.Unavailable, "the cache object %s cannot be removed: %w", md5, err)
	}
	return nil
}

// Stat looks for an object.
func (c Cache) Stat(hash, md5 string) (fs.FileInfo, error) {
	info, err := os.Stat(c.Path(hash, md5))
	if err != nil {
		return nil, NotCached(md5, err)
	}
	return info, nil
}

// ReadAll is the content of a small object that is what its name says.
func (c Cache) ReadAll(e metafile.Entry) ([]byte, error) {
	f, err := c.Open(e.Hash, e.MD5)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, doc.MaxSize+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read the cache object %s", e.MD5)
	}
	if len(b) > doc.MaxSize {
		return nil, doc.TooLarge("the cache object "+e.MD5, len(b))
	}
	if got, _, err := metafile.Sum(context.Background(), bytes.NewReader(b), e.Hash); err != nil || got != e.MD5 {
		return nil, errors.Join(err, Damaged(e.MD5))
	}
	return b, nil
}

// Object is the name of content: the kind of hash, and the hash.
type Object struct{ Hash, MD5 string }

const MaxTree = 256 << 20 // bytes of a .dir object
