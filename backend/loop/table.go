package loop

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/serve"
)

// csvFile is a dataset's file, as far as new rows need it.
type csvFile struct {
	path       string
	head       []string
	digest     ref.Digest
	unfinished bool // the last line has no end
}

// open opens a file of the project without following it out of the folder.
func (s *Service) openFile(path string) (*os.File, error) {
	root, err := os.OpenRoot(s.opts.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.Precondition, "%s is not there", path).WithHint("bring it back: rondo data checkout")
	}
	return f, err
}

// digest hashes the file with more behind it.
func (s *Service) digest(path string, more io.Reader) (ref.Digest, error) {
	f, err := s.openFile(path)
	if err != nil {
		return ref.Zero, err
	}
	defer f.Close()
	h := ref.NewHash()
	if _, err := io.Copy(h, f); err != nil {
		return ref.Zero, err
	}
	if more != nil {
		if _, err := io.Copy(h, more); err != nil {
			return ref.Zero, err
		}
	}
	return ref.Sum(h), nil
}

func (s *Service) table(path string) (csvFile, error) {
	t := csvFile{path: path}
	f, err := s.openFile(path)
	if err != nil {
		return t, err
	}
	defer f.Close()
	h := ref.NewHash()
	last := &lastByte{}
	r := bufio.NewReader(io.TeeReader(f, io.MultiWriter(h, last)))
	if t.head, err = csv.NewReader(r).Read(); err != nil {
		return t, errs.New(errs.Precondition, "%s has no heading line: %w", path, err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return t, err
	}
	t.digest, t.unfinished = ref.Sum(h), last.b != '\n'
	return t, nil
}

type lastByte struct{ b byte }

func (l *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.b = p[len(p)-1]
	}
	return len(p), nil
}

// check sees to it that every declared column is one of the file's.
func (t csvFile) check(columns map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		if !slices.Contains(t.head, name) {
			return errs.New(errs.Precondition, "feedback declares the column %q, which %s does not have", name, t.path).
				WithHint("its columns are %s", strings.Join(t.head, ", "))
		}
	}
	return nil
}

// line writes one capture as a row, or says which declared columns have no value.
func (t csvFile) line(columns map[string]string, c serve.Capture) (line string, lacks []string) {
	rec := make([]string, len(t.head))
	for i, name := range t.head {
		source, declared := columns[name]
		if !declared {
			continue
		}
		v, ok := find(source, c)
		if !ok {
			lacks = append(lacks, source)
		}
		rec[i] = text(v)
	}
	if len(lacks) > 0 {
		return "", lacks
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(rec)
	w.Flush()
	return b.String(), nil
}

// find reads input.NAME, attribute.NAME, truth.NAME or truth.label.
func find(source string, c serve.Capture) (any, bool) {
	where, name, _ := strings.Cut(source, ".")
	var from map[string]any
	switch where {
	case "input":
		from = c.Inputs
	case "attribute":
		from = c.Attributes
	case "truth":
		if name == "label" {
			return c.Truth.Label, c.Truth.Label != nil
		}
		from = c.Truth.Columns
	}
	v, ok := from[name]
	return v, ok && v != nil
}

func text(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// extend puts lines behind the file: the new file replaces the old one as a whole,
// and only when it is what was planned.
func (s *Service) extend(path string, added []byte, want ref.Digest) error {
	f, err := s.openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	full, err := filepath.EvalSymlinks(filepath.Join(s.opts.Dir, filepath.FromSlash(path)))
	if err != nil {
		return err
	}
	own := filepath.Join(s.opts.Dir, project.TemporaryDir)
	return atomicfile.Renew(own, full, info.Mode().Perm(), func(out *atomicfile.File) error {
		h := ref.NewHash()
		all := io.MultiReader(io.NewSectionReader(f, 0, math.MaxInt64), bytes.NewReader(added))
		if _, err := io.Copy(io.MultiWriter(out, h), all); err != nil {
			return err
		}
		if ref.Sum(h) != want {
			return errs.New(errs.Conflict, "%s was changed while its new rows were being added; nothing was written", path)
		}
		return nil
	})
}
