package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"rondo/backend/errs"
	"rondo/backend/yamldoc"
)

// MaxFile is the largest rondo.yaml or params.yaml that is read, in bytes.
const MaxFile = 8 << 20

// Read parses and checks the project's rondo.yaml.
func (p *Project) Read() (*File, error) {
	b, err := readLimited(p.Path(FileName))
	if errors.Is(err, fs.ErrNotExist) {
		if foreign(p.Dir) {
			return &File{Rondo: Format, Name: filepath.Base(p.Dir), Queue: Queue{Parallel: 1}}, nil
		}
		return nil, errs.New(errs.NotFound, "%s has no %s", p.Dir, FileName).
			WithHint("write one that begins with `rondo: 1`, or run `rondo init`")
	}
	if err != nil {
		return nil, err
	}
	return Parse(FileName, b)
}

// foreign reports whether the folder is a DVC project, which needs no rondo.yaml.
func foreign(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, ".dvc"))
	return err == nil && info.IsDir()
}

func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errs.New(errs.Invalid, "%s is not a file", path)
	}
	if info.Size() > MaxFile {
		return nil, tooLarge(filepath.Base(path), info.Size())
	}
	return os.ReadFile(path)
}

func tooLarge(name string, size int64) error {
	return errs.New(errs.TooLarge, "%s has %d bytes, more than the limit of %d", name, size, MaxFile).
		WithHint("keep settings in it, and what is large in files of its own")
}

// Parse reads a project file's text. Errors say name:line:column, the key and the way out.
func Parse(name string, text []byte) (*File, error) {
	tree, err := parseTree(name, text)
	if err != nil {
		return nil, err
	}
	f := &File{}
	if err := yamldoc.Decode(tree, f); err != nil {
		return nil, locate(name, err)
	}
	if f.Queue.Parallel == 0 {
		f.Queue.Parallel = 1
	}
	return f, check(name, f, tree)
}

// parseTree parses a text that holds something.
func parseTree(name string, text []byte) (*yaml.Node, error) {
	if len(text) > MaxFile {
		return nil, tooLarge(name, int64(len(text)))
	}
	tree, err := yamldoc.Parse(text)
	if err != nil {
		return nil, locate(name, err)
	}
	if tree == nil {
		return nil, errs.New(errs.Invalid, "%s:1:1: it holds nothing", name).WithHint("begin the file with `rondo: 1`")
	}
	return tree, nil
}

// locate puts file, line and column in front of an error of a text.
func locate(name string, err error) error {
	var at *yamldoc.Error
	if !errors.As(err, &at) {
		return err
	}
	kind := errs.Invalid
	if at.Large {
		kind = errs.TooLarge
	}
	return errs.New(kind, "%s:%d:%d: %w", name, at.Line, at.Col, err).WithHint("%s", hintFor(at))
}

func hintFor(e *yamldoc.Error) string {
	if e.Hint != "" {
		return e.Hint
	}
	if e.Unknown == "" {
		return "compare the line with docs/project-file.md"
	}
	if near := Nearest(e.Unknown, knownKeys()); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "remove the key, or see docs/project-file.md for those that are known"
}
