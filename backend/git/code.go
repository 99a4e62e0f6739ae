package git

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Code is what a folder held beyond its commit, as an object in the store. The
// commit and this together are the code of a run.
type Code struct {
	Commit  string     `json:"commit,omitempty"`
	Files   []CodeFile `json:"files"` // sorted by path
	Deleted []string   `json:"deleted"`
	Skipped []Skip     `json:"skipped"` // named, but not kept
}

// CodeFile is one kept file.
type CodeFile struct {
	Path   string     `json:"path"` // slash-separated, inside the folder
	Mode   string     `json:"mode"` // file, exec, or link, whose content is its target
	Digest ref.Digest `json:"digest"`
	Size   int64      `json:"size"`
}

// The modes of a CodeFile.
const (
	modeFile = "file"
	modeExec = "exec"
	modeLink = "link"
)

const (
	maxCode    = 256 << 20 // bytes of all kept files together
	maxChanged = 64 << 20  // bytes of one committed file that was changed
	maxList    = 64 << 20  // bytes of a Code's JSON
)

// Capture keeps the bytes of everything in d in the store and returns the digest of
// the Code that lists them: ref.Zero where nothing is dirty.
func (r *Repo) Capture(ctx context.Context, s *store.Store, d Dirty) (ref.Digest, error) {
	if !d.Any() {
		return ref.Zero, nil
	}
	head, err := r.Head()
	if err != nil {
		return ref.Zero, err
	}
	root, err := r.root()
	if err != nil {
		return ref.Zero, err
	}
	defer root.Close()
	batch := s.Batch()
	defer batch.Discard()
	c := &capture{root: root, store: s, batch: batch, code: Code{Commit: head.Commit, Files: []CodeFile{}, Deleted: d.Deleted, Skipped: append([]Skip{}, d.Skipped...)}}
	if err := c.keep(ctx, d); err != nil {
		return ref.Zero, err
	}
	b, err := json.Marshal(c.code)
	if err != nil {
		return ref.Zero, err
	}
	return s.PutBytes(ctx, b)
}

type capture struct {
	root  *os.Root
	store *store.Store
	batch *store.Batch
	code  Code
	size  int64
}

func (c *capture) keep(ctx context.Context, d Dirty) error {
	skipped := map[string]bool{}
	for _, s := range d.Skipped {
		skipped[s.Path] = true
	}
	names := slices.Concat(d.Changed, d.Untracked)
	slices.Sort(names)
	for _, name := range names {
		if skipped[name] {
			continue
		}
		if err := c.file(ctx, name); err != nil {
			return err
		}
	}
	return c.batch.Commit()
}

func (c *capture) file(ctx context.Context, name string) error {
	fi, err := c.root.Lstat(name)
	if gone(err) {
		c.skip(name, "it vanished while it was read")
		return nil
	}
	if err != nil {
		return err
	}
	mode, reason := modeOf(c.root, name, fi)
	if c.size+fi.Size() > maxCode {
		reason = "all changes together are larger than 256 MiB"
	}
	if reason != "" {
		c.skip(name, reason)
		return nil
	}
	b, err := content(c.root, name, mode)
	if err != nil {
		return err
	}
	d, err := c.put(ctx, b)
	c.size += int64(len(b))
	c.code.Files = append(c.code.Files, CodeFile{name, mode, d, int64(len(b))})
	return err
}

func (c *capture) put(ctx context.Context, b []byte) (ref.Digest, error) {
	if len(b) > store.Small {
		return c.store.PutBytes(ctx, b)
	}
	return c.batch.Add(b)
}

func (c *capture) skip(name, reason string) {
	c.code.Skipped = append(c.code.Skipped, Skip{name, reason})
}

func modeOf(root *os.Root, name string, fi fs.FileInfo) (mode, reason string) {
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		if target, err := root.Readlink(name); err != nil || !staysInside(name, target) {
			return "", "it is a link that leaves the project"
		}
		return modeLink, ""
	case !fi.Mode().IsRegular():
		return "", "it is not a file"
	case fi.Size() > maxChanged:
		return "", "it is larger than 64 MiB"
	case executable(fi.Mode(), false):
		return modeExec, ""
	}
	return modeFile, ""
}

func content(root *os.Root, name, mode string) ([]byte, error) {
	if mode == modeLink {
		target, err := root.Readlink(name)
		return []byte(target), err
	}
	return root.ReadFile(name)
}

// ReadCode reads the list that Capture made. Paths that would leave a folder are refused.
func ReadCode(ctx context.Context, s *store.Store, d ref.Digest) (Code, error) {
	var c Code
	b, err := s.ReadAll(ctx, d, maxList)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, errs.New(errs.Invalid, "object %s is not a list of code", d.Short())
	}
	names := slices.Clone(c.Deleted)
	for _, f := range c.Files {
		names = append(names, f.Path)
	}
	for _, name := range names {
		if !fs.ValidPath(name) || name == "." || path.Clean(name) != name {
			return c, errs.New(errs.Invalid, "code list %s holds the path %q, which is not allowed", d.Short(), name)
		}
	}
	return c, nil
}
