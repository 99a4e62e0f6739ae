package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Export writes the code of a run into dst, which must be empty or new: the files of
// the commit (none where it is empty), then what Capture kept (nothing for ref.Zero).
// It returns what could not be written, such as links that leave the project.
func (r *Repo) Export(ctx context.Context, s *store.Store, commit string, code ref.Digest, dst string) (left []Skip, err error) {
	if commit != "" && r.repo == nil {
		return nil, errs.New(errs.Precondition, "the code is in git commit %.12s, and %s is in no repository", commit, r.dir).
			WithHint("clone the repository that has the commit into the project folder")
	}
	root, err := freshRoot(dst)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	e := &export{root: root, left: []Skip{}}
	if commit != "" {
		if err := e.commit(ctx, r, commit); err != nil {
			return e.left, err
		}
	}
	if !code.IsZero() {
		err = e.overlay(ctx, s, code)
	}
	return e.left, err
}

func freshRoot(dst string) (*os.Root, error) {
	if err := os.MkdirAll(dst, 0o755); err != nil {
		return nil, errs.New(errs.Unavailable, "make the folder %s: %w", dst, err)
	}
	entries, err := os.ReadDir(dst)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		return nil, errs.New(errs.Conflict, "%s is not empty, so no code is written there", dst).WithHint("choose a new folder")
	}
	return os.OpenRoot(dst)
}

type export struct {
	root     *os.Root
	left     []Skip
	repo     *Repo // of the commit; nil where there is none
	settings *settings
	attrs    *attributes
}

func (e *export) commit(ctx context.Context, r *Repo, commit string) error {
	tree, err := r.treeOf(commit)
	if err != nil {
		return errs.New(errs.NotFound, "git commit %.12s is not in this repository", commit).
			WithHint("fetch it from where it was pushed: git fetch --all")
	}
	if tree == nil {
		return nil
	}
	files, err := r.filesOf(commit)
	if err != nil {
		return err
	}
	e.repo, e.settings = r, r.settings()
	e.attrs = r.attributes(e.settings, func(name string) string { return r.committedText(commit, name) })
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.committed(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// committedText is a small file of the work tree as a commit has it; empty where it has none.
func (r *Repo) committedText(commit, name string) string {
	c, err := r.repo.CommitObject(plumbing.NewHash(commit))
	if err != nil {
		return ""
	}
	f, err := c.File(name)
	if err != nil || f.Size > maxOwnFile || f.Mode == filemode.Symlink {
		return ""
	}
	text, _ := f.Contents()
	return text
}

// committed writes a file as git would into a work tree: with the line ends that belong
// there, and with the content that Git LFS keeps.
func (e *export) committed(name string, entry object.TreeEntry) error {
	if entry.Mode == filemode.Submodule {
		e.left = append(e.left, Skip{name, fmt.Sprintf("it is a submodule: its code is commit %.12s of another repository", entry.Hash)})
		return nil
	}
	blob, err := e.repo.repo.BlobObject(entry.Hash)
	if err != nil {
		return unreadable(err)
	}
	in, err := blob.Reader()
	if err != nil {
		return unreadable(err)
	}
	defer in.Close()
	if entry.Mode == filemode.Symlink {
		return e.link(name, in)
	}
	mode := modeFile
	if entry.Mode == filemode.Executable {
		mode = modeExec
	}
	full := e.repo.inTop(name)
	if e.attrs.get(full, "filter") == "lfs" && blob.Size <= maxPointer {
		return e.large(name, mode, in)
	}
	action := eolOf(e.attrs, full, e.settings)
	if !action.crlf || blob.Size > maxConverted {
		return e.write(name, mode, in)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		return unreadable(err)
	}
	if action.adds(statsOf(b)) {
		b = toCRLF(b)
	}
	return e.write(name, mode, bytes.NewReader(b))
}

// overlay puts what was not committed over what was.
func (e *export) overlay(ctx context.Context, s *store.Store, d ref.Digest) error {
	code, err := ReadCode(ctx, s, d)
	if err != nil {
		return err
	}
	for _, name := range code.Deleted {
		if err := e.root.Remove(name); err != nil && !gone(err) {
			return err
		}
	}
	e.left = append(e.left, code.Skipped...)
	for _, f := range code.Files {
		if err := e.kept(ctx, s, f); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) kept(ctx context.Context, s *store.Store, f CodeFile) error {
	in, err := s.Open(ctx, f.Digest)
	if err != nil {
		return err
	}
	defer in.Close()
	if f.Mode == modeLink {
		return e.link(f.Path, in)
	}
	return e.write(f.Path, f.Mode, in)
}

const maxTarget = 4096 // bytes of a link's target

func (e *export) link(name string, in io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(in, maxTarget))
	if err != nil {
		return err
	}
	if !staysInside(name, string(b)) {
		e.left = append(e.left, Skip{name, "it is a link that leaves the project"})
		return nil
	}
	if err := e.makeWay(name); err != nil {
		return err
	}
	return e.root.Symlink(string(b), name)
}

func (e *export) write(name, mode string, in io.Reader) error {
	if err := e.makeWay(name); err != nil {
		return err
	}
	perm := os.FileMode(0o644)
	if mode == modeExec {
		perm = 0o755
	}
	f, err := e.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Close())
}

// makeWay makes the folders above name and removes what the commit has in its place.
func (e *export) makeWay(name string) error {
	if err := e.root.Remove(name); err != nil && !gone(err) {
		return err
	}
	dir := path.Dir(name)
	if dir == "." {
		return nil
	}
	return e.root.MkdirAll(dir, 0o755)
}

// Paths lists everything in d once, sorted.
func (d Dirty) Paths() []string {
	names := slices.Concat(d.Changed, d.Deleted, d.Untracked)
	slices.Sort(names)
	return names
}
