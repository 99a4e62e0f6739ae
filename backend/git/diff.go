package git

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	fdiff "github.com/go-git/go-git/v5/plumbing/format/diff"
	"github.com/go-git/go-git/v5/plumbing/object"
	gdiff "github.com/go-git/go-git/v5/utils/diff"
	"github.com/sergi/go-diff/diffmatchpatch"
)

// A diff is for people to read. What it leaves out is named in it, and Capture keeps
// the bytes.
const (
	maxDiff     = 4 << 20 // bytes of the whole text
	maxDiffFile = 1 << 20 // bytes of a file that is compared
	diffTime    = 2 * time.Second
)

// Diff returns d as unified text of bounded size. Binary and large files are named only.
func (r *Repo) Diff(ctx context.Context, d Dirty) ([]byte, error) {
	committed, err := r.committed()
	if err != nil {
		return nil, err
	}
	root, err := r.root()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	w := differ{repo: r, root: root, committed: committed}
	for _, name := range d.Paths() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if w.out.Len() > maxDiff {
			fmt.Fprintf(&w.out, "… and more: the rest is left out, because the text is larger than %d MiB\n", maxDiff>>20)
			break
		}
		if err := w.file(name); err != nil {
			return nil, err
		}
	}
	return w.out.Bytes(), nil
}

type differ struct {
	repo      *Repo
	root      *os.Root
	committed map[string]object.TreeEntry
	out       bytes.Buffer
}

func (w *differ) file(name string) error {
	p := &patch{}
	large := false
	if entry, ok := w.committed[name]; ok && entry.Mode == filemode.Submodule {
		return w.module(name, entry.Hash)
	} else if ok {
		text, size, err := w.repo.blob(entry.Hash)
		if err != nil {
			return err
		}
		large = size > maxDiffFile
		p.from = &side{name, entry.Mode, entry.Hash, text}
	}
	to, tooLarge, err := w.now(name)
	if err != nil {
		return err
	}
	p.to = to
	if large || tooLarge {
		fmt.Fprintf(&w.out, "diff --git a/%s b/%s\nlarger than %d MiB: not shown\n", name, name, maxDiffFile>>20)
		return nil
	}
	if p.from == nil && p.to == nil {
		return nil
	}
	return fdiff.NewUnifiedEncoder(&w.out, fdiff.DefaultContextLines).Encode(p)
}

// module tells of a submodule as git does.
func (w *differ) module(name string, was plumbing.Hash) error {
	now := "(gone)"
	if sub, err := Open(filepath.Join(w.repo.dir, filepath.FromSlash(name))); err == nil && sub.sub == "" {
		if head, err := sub.Head(); err == nil && head.Commit != "" {
			now = head.Commit
		}
	}
	_, err := fmt.Fprintf(&w.out, "diff --git a/%[1]s b/%[1]s\n-Subproject commit %[2]s\n+Subproject commit %[3]s\n", name, was, now)
	return err
}

// now reads the file as it lies there; nil where it does not.
func (w *differ) now(name string) (*side, bool, error) {
	fi, err := w.root.Lstat(name)
	if gone(err) || err == nil && fi.IsDir() {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if fi.Mode().IsRegular() && fi.Size() > maxDiffFile {
		return nil, true, nil
	}
	mode, reason := modeOf(w.root, name, fi)
	if reason != "" {
		return &side{name, filemode.Regular, plumbing.ZeroHash, "(" + reason + ")\n"}, false, nil
	}
	b, err := content(w.root, name, mode)
	if err != nil {
		return nil, false, err
	}
	return &side{name, gitModes[mode], plumbing.ComputeHash(plumbing.BlobObject, b), string(b)}, false, nil
}

var gitModes = map[string]filemode.FileMode{modeFile: filemode.Regular, modeExec: filemode.Executable, modeLink: filemode.Symlink}

// blob reads an object unless it is too large to show.
func (r *Repo) blob(h plumbing.Hash) (string, int64, error) {
	b, err := r.repo.BlobObject(h)
	if err != nil {
		return "", 0, unreadable(err)
	}
	if b.Size > maxDiffFile {
		return "", b.Size, nil
	}
	in, err := b.Reader()
	if err != nil {
		return "", 0, unreadable(err)
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	return string(text), b.Size, err
}

// side is one of the two files that are compared.
type side struct {
	name string
	mode filemode.FileMode
	hash plumbing.Hash
	text string
}

func (s *side) Hash() plumbing.Hash     { return s.hash }
func (s *side) Mode() filemode.FileMode { return s.mode }
func (s *side) Path() string            { return s.name }

func (s *side) content() string {
	if s == nil {
		return ""
	}
	return s.text
}

// patch is the difference of one file, in the words of the encoder.
type patch struct{ from, to *side }

func (p *patch) Message() string                { return "" }
func (p *patch) FilePatches() []fdiff.FilePatch { return []fdiff.FilePatch{p} }

func (p *patch) IsBinary() bool {
	return strings.Contains(p.from.content(), "\x00") || strings.Contains(p.to.content(), "\x00")
}

// Files returns untyped nils for what is missing, which the encoder asks for.
func (p *patch) Files() (from, to fdiff.File) {
	if p.from != nil {
		from = p.from
	}
	if p.to != nil {
		to = p.to
	}
	return from, to
}

func (p *patch) Chunks() (list []fdiff.Chunk) {
	if p.IsBinary() {
		return nil
	}
	for _, d := range gdiff.DoWithTimeout(p.from.content(), p.to.content(), diffTime) {
		list = append(list, chunk{d})
	}
	return list
}

type chunk struct{ diffmatchpatch.Diff }

func (c chunk) Content() string { return c.Text }

func (c chunk) Type() fdiff.Operation {
	switch c.Diff.Type {
	case diffmatchpatch.DiffInsert:
		return fdiff.Add
	case diffmatchpatch.DiffDelete:
		return fdiff.Delete
	}
	return fdiff.Equal
}
