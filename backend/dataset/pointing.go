package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// pointer reads the .snap file beside a path; nil where there is none.
func (s *Service) pointer(ctx context.Context, at string) (*Pointer, error) {
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
		return nil, errs.New(errs.Invalid, "%s%s is no pointer to a snapshot: %w", at, pointerSuffix, err).WithHint("%s", s.wayOut(ctx, p, err))
	}
	return &p, nil
}

// wayOut names the snapshot that a pointer which somebody changed may mean: that of its id.
func (s *Service) wayOut(ctx context.Context, p Pointer, err error) string {
	snap, unknown := s.Find(ctx, p.ID)
	if unknown != nil || snap.ID != p.ID || !errors.Is(err, errEdited) {
		return errs.HintOf(err)
	}
	return fmt.Sprintf("its id is that of %s: if that is meant, `rondo data checkout %s` writes it anew; else take it from git again, or choose another snapshot", snap.Ref(), snap.Ref())
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
		return errs.Unwritten(name, err)
	}
	fi, err := s.root.Stat(path.Dir(name))
	if err != nil || !fi.IsDir() {
		return errs.Unwritten(name, err)
	}
	return errs.Unwritten(name, atomicfile.Replace(s.full(tmpDir), s.full(name), []byte(text), 0o644))
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) }
