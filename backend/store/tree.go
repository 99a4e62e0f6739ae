package store

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"syscall"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Tree is a folder's content: files by path, sorted. Its digest is that of its JSON.
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
	return s.PutTreeKnown(ctx, dir, nil)
}

// Known tells the digest of a file that has not changed since it was last stored.
type Known func(path string, fi fs.FileInfo) (ref.Digest, bool)

// PutTreeKnown is PutTree that does not read the files whose digest is known.
func (s *Store) PutTreeKnown(ctx context.Context, dir string, known Known) (Tree, ref.Digest, error) {
	files, err := listFiles(dir)
	if err != nil {
		return Tree{}, ref.Zero, err
	}
	t := Tree{Files: make([]TreeFile, len(files))}
	if err := s.putFiles(ctx, dir, files, t.Files, known); err != nil {
		return Tree{}, ref.Zero, err
	}
	d, err := s.PutTreeList(ctx, t)
	return t, d, err
}

// PutTreeList stores the list itself, whose objects are here already.
func (s *Store) PutTreeList(ctx context.Context, t Tree) (ref.Digest, error) {
	b, err := t.encode()
	if err != nil {
		return ref.Zero, err
	}
	return s.PutBytes(ctx, b)
}

type found struct {
	path string
	info fs.FileInfo
}

func listFiles(dir string) (files []found, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return unreadable(p, err)
		}
		if d.IsDir() {
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() {
			return errs.New(errs.Invalid, "%s is a %s, not a file", p, kindOf(d.Type())).
				WithHint("replace it by a copy of what it stands for, or take it out of the folder")
		}
		if !fs.ValidPath(filepath.ToSlash(rel)) {
			return errs.New(errs.Invalid, "%q is not a name that every system can hold", p).WithHint("rename it to UTF-8 text")
		}
		fi, err := d.Info()
		files = append(files, found{filepath.ToSlash(rel), fi})
		return unreadable(p, err)
	})
	sort.Slice(files, func(i, k int) bool { return files[i].path < files[k].path })
	return files, err
}

// unreadable says what keeps a file or folder from being read, and the way out.
func unreadable(path string, err error) error {
	var said *errs.Error
	switch {
	case err == nil || errors.As(err, &said) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Precondition, "%s cannot be read: %w", path, err).
			WithHint("give yourself the right to read it (chmod u+r), or take it out of the folder")
	case errors.Is(err, fs.ErrNotExist):
		return errs.New(errs.Conflict, "%s was removed while the folder was read", path).WithHint("try again when nothing writes to the folder")
	case errors.Is(err, syscall.ENAMETOOLONG):
		return errs.New(errs.Invalid, "%.60s… is a longer path than this system can open", path).WithHint("shorten the names of the folders around it")
	}
	return errs.New(errs.Precondition, "%s cannot be read: %w", path, err).WithHint("see whether its disk is well; a copy of the file can take its place")
}

func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

// putFiles reads small files into packs and large ones on their own, on all cores.
func (s *Store) putFiles(ctx context.Context, dir string, files []found, out []TreeFile, known Known) error {
	p := s.packer()
	err := Each(ctx, len(files), func(ctx context.Context, i int) error {
		return s.putOne(ctx, p, filepath.Join(dir, filepath.FromSlash(files[i].path)), files[i], &out[i], known)
	})
	if err != nil {
		p.discard()
		return err
	}
	return p.flush()
}

// TreeOf is PutTreeKnown that stores nothing: it says what the tree would be.
func (s *Store) TreeOf(ctx context.Context, dir string, known Known) (Tree, error) {
	files, err := listFiles(dir)
	if err != nil {
		return Tree{}, err
	}
	t := Tree{Files: make([]TreeFile, len(files))}
	err = Each(ctx, len(files), func(ctx context.Context, i int) (err error) {
		full := filepath.Join(dir, filepath.FromSlash(files[i].path))
		t.Files[i] = TreeFile{Path: files[i].path, Size: files[i].info.Size(), Exec: files[i].info.Mode()&0o111 != 0}
		if known != nil {
			if d, ok := known(full, files[i].info); ok {
				t.Files[i].Digest = d
				return nil
			}
		}
		t.Files[i].Digest, t.Files[i].Size, err = HashFile(ctx, full)
		return unreadable(full, err)
	})
	return t, err
}

// HashFile returns the digest and length of the file at path.
func HashFile(ctx context.Context, path string) (ref.Digest, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return ref.Zero, 0, err
	}
	defer f.Close()
	return HashOpen(ctx, f)
}

// Reader takes the content of an open file and returns its digest and length.
type Reader func(ctx context.Context, f *os.File) (ref.Digest, int64, error)

// HashOpen returns the digest and length of what an open file holds from where it stands.
func HashOpen(ctx context.Context, f *os.File) (ref.Digest, int64, error) {
	h := ref.NewHash()
	n, err := io.Copy(h, readerCtx{ctx, f})
	return ref.Sum(h), n, err
}

// DigestOf returns the digest that the tree has as an object.
func DigestOf(t Tree) (ref.Digest, error) {
	b, err := t.encode()
	return ref.Of(b), err
}

func (t Tree) encode() ([]byte, error) {
	if t.Files == nil {
		t.Files = []TreeFile{}
	}
	return json.Marshal(t)
}

func (s *Store) putOne(ctx context.Context, p *packer, full string, f found, out *TreeFile, known Known) (err error) {
	out.Path, out.Size, out.Exec = f.path, f.info.Size(), f.info.Mode()&0o111 != 0
	if known != nil {
		if d, ok := known(full, f.info); ok && !s.doomed(d) && s.Has(d) {
			out.Digest = d
			return nil
		}
	}
	if f.info.Size() > Small {
		out.Digest, out.Size, err = p.putFile(ctx, full)
		return unreadable(full, err)
	}
	b, err := readSteady(full, f.info)
	if err == nil {
		out.Digest, err = p.put(b)
	}
	return err
}

// readSteady reads a small file that must not be written to meanwhile.
func readSteady(path string, before fs.FileInfo) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer file.Close()
	b := make([]byte, before.Size()+1)
	n, err := io.ReadFull(file, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, unreadable(path, err)
	}
	return b[:n], unchanged(file, before, int64(n))
}

func (p *packer) putFile(ctx context.Context, path string) (ref.Digest, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return ref.Zero, 0, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return ref.Zero, 0, err
	}
	d, n, err := p.putLarge(ctx, f)
	if err == nil {
		err = unchanged(f, before, n)
	}
	return d, n, err
}

// OpenTree reads a tree's list. Paths that would leave a folder are refused.
func (s *Store) OpenTree(ctx context.Context, d ref.Digest) (Tree, error) {
	b, err := s.ReadAll(ctx, d, maxTree)
	if err != nil {
		return Tree{}, err
	}
	var t Tree
	if err := json.Unmarshal(b, &t); err != nil {
		return Tree{}, errs.New(errs.Invalid, "object %s is not a tree", d.Short())
	}
	for i, f := range t.Files {
		if !fs.ValidPath(f.Path) || path.Clean(f.Path) != f.Path || f.Path == "." || i > 0 && t.Files[i-1].Path >= f.Path {
			return Tree{}, errs.New(errs.Invalid, "tree %s holds the path %q, which is not allowed", d.Short(), f.Path)
		}
	}
	return t, nil
}

// CheckoutTree writes every file of the tree below dir, which it makes. Files that
// are not in the tree are left alone.
func (s *Store) CheckoutTree(ctx context.Context, d ref.Digest, dir string) error {
	t, err := s.OpenTree(ctx, d)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return diskError(err)
	}
	for _, f := range t.Files {
		perm := fs.FileMode(0o644)
		if f.Exec {
			perm = 0o755
		}
		if err := s.Checkout(ctx, f.Digest, filepath.Join(dir, filepath.FromSlash(f.Path)), perm); err != nil {
			return err
		}
	}
	return nil
}
