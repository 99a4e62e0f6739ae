package dvc

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Cache is DVC's object store in both its layouts: files/md5/ab/cdef of DVC 3, and ab/cdef
// of DVC 2, where content has its Dos2Unix name.
type Cache struct {
	Dir string

	types  []string // of links into the folder, the best first
	shared bool     // by a group: others may write, too
}

// Path is the place of an object.
func (c Cache) Path(hash, md5 string) string {
	if validMD5(md5) != "" || len(md5) < 32 {
		return filepath.Join(c.Dir, "no-such-object")
	}
	if hash == Dos2Unix {
		return filepath.Join(c.Dir, md5[:2], md5[2:])
	}
	return filepath.Join(c.Dir, "files", "md5", md5[:2], md5[2:])
}

// protected is the mode of an object that DVC has looked at and trusts ever after.
const protected = 0o444

// holds reports whether DVC would take an object as whole: one that is protected without
// a look, another by its hash. An absent one is no error.
func (c Cache) holds(ctx context.Context, hash, md5 string) (bool, error) {
	f, err := os.Open(c.Path(hash, md5))
	if err != nil {
		return false, nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Mode().Perm() == protected {
		return err == nil, err
	}
	got, _, err := Sum(ctx, f, hash)
	return got == strings.TrimSuffix(md5, ".dir"), err
}

// has reports whether DVC would find a path's whole content, with all files of a folder.
func (c Cache) has(ctx context.Context, e Entry) (bool, error) {
	if ok, err := c.holds(ctx, e.Hash, e.MD5); !ok || err != nil || !strings.HasSuffix(e.MD5, ".dir") {
		return ok, err
	}
	files, err := c.Tree(e.Hash, e.MD5)
	if err != nil {
		return false, nil
	}
	for _, f := range files {
		if ok, err := c.holds(ctx, e.Hash, f.MD5); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}

// Tree reads a .dir object. Its name is compared with its content.
func (c Cache) Tree(hash, md5 string) ([]TreeFile, error) {
	f, err := os.Open(c.Path(hash, md5))
	if err != nil {
		return nil, notCached(md5, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxTree+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read the cache object %s", md5)
	}
	if TreeSum(b) != md5 {
		return nil, damaged(md5)
	}
	return ReadTree(md5, b)
}

func notCached(md5 string, err error) error {
	if missing(err) {
		return errs.New(errs.NotFound, "the cache has no object %s", md5).WithHint("`dvc fetch` brings it, where a remote has it")
	}
	return errs.New(errs.Unavailable, "the cache object %s cannot be opened: %w", md5, err)
}

func damaged(md5 string) error {
	return errs.New(errs.Corrupt, "the cache object %s is damaged: its content has another hash", md5).
		WithHint("delete it and `dvc fetch` it again, where a remote has it")
}

// open opens an object. Whoever reads it compares the hash, whatever mode the file has.
func (c Cache) open(hash, md5 string) (io.ReadCloser, error) {
	f, err := os.Open(c.Path(hash, md5))
	if err != nil {
		return nil, notCached(md5, err)
	}
	return f, nil
}

// content opens an object to be sent.
func (c Cache) content(o object) (*os.File, *io.SectionReader, error) {
	f, err := os.Open(c.Path(o.hash, o.md5))
	if err != nil {
		return nil, nil, notCached(o.md5, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, notCached(o.md5, err)
	}
	return f, io.NewSectionReader(f, 0, info.Size()), nil
}

// Put places content, protected, so that DVC takes it as its own: in DVC 3's layout, or
// that of DVC 2 for Dos2Unix. An object that is there already stays.
func (c Cache) Put(ctx context.Context, r io.Reader, hash string) (md5 string, size int64, err error) {
	tmp, err := c.create(hash)
	if err != nil {
		return "", 0, err
	}
	defer tmp.Close()
	md5, size, err = Sum(ctx, io.TeeReader(r, filling{c, tmp}), hash)
	if err != nil {
		return "", 0, err
	}
	return md5, size, c.place(tmp, hash, md5)
}

// PutTree places a .dir object.
func (c Cache) PutTree(files []TreeFile, hash string) (md5 string, err error) {
	text := TreeText(files)
	md5 = TreeSum(text)
	tmp, err := c.create(hash)
	if err != nil {
		return "", err
	}
	defer tmp.Close()
	if _, err := tmp.Write(text); err != nil {
		return "", c.cannotWrite(err)
	}
	return md5, c.place(tmp, hash, md5)
}

func (c Cache) create(hash string) (*atomicfile.File, error) {
	at := filepath.Join(c.Dir, "put")
	if hash == MD5 {
		at = filepath.Join(c.Dir, "files", "md5", "put")
	}
	tmp, err := atomicfile.Create(at, 0o644)
	if err != nil {
		return nil, c.cannotWrite(err)
	}
	return tmp, nil
}

func (c Cache) place(tmp *atomicfile.File, hash, md5 string) error {
	to, perm := c.Path(hash, md5), fs.FileMode(0o755)
	if _, err := os.Stat(to); err == nil {
		return nil // its Close removes the temporary file
	}
	if c.shared {
		perm = 0o775 | fs.ModeSetgid
	}
	err := errors.Join(os.MkdirAll(filepath.Dir(to), perm), tmp.Chmod(protected))
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

// drop removes an object; one that is not there is no error.
func (c Cache) drop(hash, md5 string) error {
	if err := os.Remove(c.Path(hash, md5)); err != nil && !missing(err) {
		return errs.New(errs.Unavailable, "the cache object %s cannot be removed: %w", md5, err)
	}
	return nil
}

func (c Cache) stat(hash, md5 string) (fs.FileInfo, error) {
	info, err := os.Stat(c.Path(hash, md5))
	if err != nil {
		return nil, notCached(md5, err)
	}
	return info, nil
}
