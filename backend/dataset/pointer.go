package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// A pointer says, beside the data, which snapshot is there: text for people and git.
// docs/formats/snapshots.md describes it.
const (
	pointerSuffix = ".snap"
	pointerHead   = "rondo snapshot 1"
	maxPointer    = 64 << 10 // bytes
)

// Pointer is the content of a .snap file.
type Pointer struct {
	Dataset string
	Number  int
	ID      string
	Path    string
	Tree    ref.Digest
	Content ref.Digest // of the one file; Zero for a folder
	Files   int
	Size    int64
}

func pointerOf(s Snapshot) Pointer {
	return Pointer{s.Dataset, s.Number, s.ID, s.Path, s.Tree, s.Content, s.Files, s.Size}
}

// String writes the keys in the order of the alphabet, so that two devices that point
// at the same snapshot have the same bytes.
func (p Pointer) String() string {
	lines := []string{
		"dataset: " + p.Dataset, fmt.Sprintf("files: %d", p.Files), "id: " + p.ID, fmt.Sprintf("number: %d", p.Number),
		"path: " + p.Path, fmt.Sprintf("size: %d", p.Size), "tree: " + p.Tree.String(),
	}
	if !p.Content.IsZero() {
		lines = append(lines, "content: "+p.Content.String())
	}
	sort.Strings(lines)
	return pointerHead + "\n" + strings.Join(lines, "\n") + "\n"
}

// ParsePointer reads a .snap file.
func ParsePointer(text string) (Pointer, error) {
	var p Pointer
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	if lines[0] != pointerHead {
		return p, badPointer(1, lines[0], "want %q", pointerHead)
	}
	seen := map[string]bool{}
	for i, line := range lines[1:] {
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			return p, badPointer(i+2, line, "want KEY: VALUE")
		}
		if seen[key] {
			return p, badPointer(i+2, line, "the key is there twice")
		}
		seen[key] = true
		if err := p.set(key, value); err != nil {
			return p, badPointer(i+2, line, "%s", err)
		}
	}
	for _, key := range []string{"dataset", "id", "number", "path", "tree"} {
		if !seen[key] {
			return p, badPointer(len(lines), "", "the key %q is missing", key)
		}
	}
	return p, nil
}

// set takes one line. Keys that a newer Rondo may write are passed over.
func (p *Pointer) set(key, value string) (err error) {
	switch key {
	case "dataset":
		p.Dataset = value
	case "id":
		p.ID = value
	case "path":
		p.Path = value
	case "number":
		if p.Number, err = strconv.Atoi(value); err == nil && p.Number < 1 {
			err = errors.New("want a number from 1 up")
		}
	case "files":
		p.Files, err = strconv.Atoi(value)
	case "size":
		p.Size, err = strconv.ParseInt(value, 10, 64)
	case "tree":
		p.Tree, err = ref.Parse(value)
	case "content":
		p.Content, err = ref.Parse(value)
	}
	return err
}

func badPointer(line int, text, format string, args ...any) error {
	e := errs.New(errs.Invalid, "line %d, %.60q: %s", line, text, fmt.Sprintf(format, args...))
	if strings.HasPrefix(text, "<<<<<<<") || strings.HasPrefix(text, "=======") || strings.HasPrefix(text, ">>>>>>>") {
		return e.WithHint("a git merge stopped here: keep one side (git checkout --ours or --theirs), then `rondo data checkout`")
	}
	return e.WithHint("take it from git again, or choose a snapshot: rondo data checkout NAME@NUMBER")
}

// pointer reads the .snap file beside a path; nil where there is none.
func (s *Service) pointer(at string) (*Pointer, error) {
	f, err := s.root.Open(at + pointerSuffix)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPointer))
	if err != nil {
		return nil, err
	}
	p, err := ParsePointer(string(b))
	if err != nil {
		return nil, errs.New(errs.Invalid, "%s%s is no pointer to a snapshot: %w", at, pointerSuffix, err).WithHint("%s", errs.HintOf(err))
	}
	return &p, nil
}

// point writes the pointer, unless it is right already, and keeps the data out of git.
func (s *Service) point(snap Snapshot) error {
	text := pointerOf(snap).String()
	if old, err := s.root.ReadFile(snap.Path + pointerSuffix); err != nil || string(old) != text {
		if err := s.write(snap.Path+pointerSuffix, text); err != nil {
			return err
		}
	}
	return s.ignore(snap.Path)
}

const maxIgnore = 1 << 20

// ignore adds the data to the .gitignore beside it, once.
func (s *Service) ignore(at string) error {
	name := path.Join(path.Dir(at), ".gitignore")
	old, err := s.root.ReadFile(name)
	if err != nil && !missing(err) || len(old) > maxIgnore {
		return err
	}
	line := "/" + escapeIgnore(path.Base(at))
	for l := range strings.Lines(string(old)) {
		if l = strings.TrimSpace(l); l == line || "/"+l == line || l == line+"/" {
			return nil
		}
	}
	text := string(old)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return s.write(name, text+line+"\n")
}

// escapeIgnore writes a name so that gitignore takes it literally.
func escapeIgnore(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, " ", `\ `).Replace(name)
}

// write replaces a file of the project. The folder it is in is entered through the
// root, which refuses links that lead out.
func (s *Service) write(name, text string) error {
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return writeError(name, err)
	}
	fi, err := s.root.Stat(path.Dir(name))
	if err != nil || !fi.IsDir() {
		return writeError(name, err)
	}
	return writeError(name, atomicfile.WriteFile(s.full(name), []byte(text), 0o644))
}

func writeError(name string, err error) error {
	if err == nil {
		return nil
	}
	if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.NotFound) { // it is not the writing that fails
		return errs.New(errs.Corrupt, "%s: %w", name, err).WithHint("%s", errs.HintOf(err))
	}
	return errs.New(errs.Unavailable, "%s cannot be written: %w", name, err).WithHint("see whether the disk is full and whether you may write there")
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) }
