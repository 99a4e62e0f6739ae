package project

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"rondo/backend/errs"
)

// MaxFile is the largest rondo.yaml or params.yaml that is read, in bytes.
const MaxFile = 1 << 20

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
	if err := decode(text, f); err != nil {
		return nil, locate(name, err)
	}
	if f.Queue.Parallel == 0 {
		f.Queue.Parallel = 1
	}
	return f, check(name, f, tree)
}

func decode(text []byte, into any) (err error) {
	defer func() { // the decoder is somebody else's and the bytes come from outside
		if r := recover(); r != nil {
			err = errs.New(errs.Invalid, "the text cannot be read as YAML: %v", r)
		}
	}()
	return yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(into)
}

// parseTree parses text into a syntax tree and refuses what could blow up.
func parseTree(name string, text []byte) (body ast.Node, err error) {
	if len(text) > MaxFile {
		return nil, tooLarge(name, int64(len(text)))
	}
	if err := shallow(name, text); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = errs.New(errs.Invalid, "%s cannot be read as YAML: %v", name, r)
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, locate(name, err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, errs.New(errs.Invalid, "%s:1:1: want one YAML document", name).WithHint("begin the file with `rondo: 1`")
	}
	return file.Docs[0].Body, refuse(name, file.Docs[0].Body)
}

const (
	maxDepth   = 64
	maxEntries = 5000 // lines and commas; the parser's work grows with their square
)

// shallow refuses, before the parser has its work with it, what is nested deeply or holds a great many entries.
func shallow(name string, text []byte) error {
	if n := bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte(",")); n > maxEntries {
		return errs.New(errs.TooLarge, "%s has %d entries, more than the limit of %d", name, n, maxEntries).
			WithHint("keep settings in it, and long tables in a data file that is a dep")
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		depth := bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{")) + bytes.Count(line, []byte("- ")) + bytes.Count(line, []byte("? "))
		indent := len(line) - len(bytes.TrimLeft(line, " "))
		if depth > 8*maxDepth || indent > 8*maxDepth {
			return errs.New(errs.Invalid, "%s:%d:1: nested too deeply", name, i+1)
		}
	}
	if bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > 10_000 {
		return errs.New(errs.Invalid, "%s: more than 10000 brackets", name)
	}
	return nil
}

// refuse names the first construct that Rondo does not take.
func refuse(name string, body ast.Node) error {
	v := &refuser{}
	ast.Walk(v, body)
	if v.found == nil {
		return nil
	}
	pos := v.found.GetToken().Position
	return errs.New(errs.Invalid, "%s:%d:%d: anchors, aliases and tags are not taken here", name, pos.Line, pos.Column).
		WithHint("write the value out")
}

type refuser struct{ found ast.Node }

func (r *refuser) Visit(n ast.Node) ast.Visitor {
	switch n.Type() {
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType:
		r.found = n
		return nil
	}
	return r
}

// locate puts file, line and column in front of a YAML error.
func locate(name string, err error) error {
	var at *placed
	if errors.As(err, &at) {
		return errs.New(errs.Invalid, "%s:%d:%d: %s", name, at.line, at.col, at.msg)
	}
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil && ye.GetToken().Position != nil {
		pos := ye.GetToken().Position
		out := errs.New(errs.Invalid, "%s:%d:%d: %s", name, pos.Line, pos.Column, plain(ye))
		return out.WithHint("%s", hintFor(ye))
	}
	return errs.New(errs.Invalid, "%s: %s", name, firstLine(err.Error()))
}

func plain(e yaml.Error) string {
	var unknown *yaml.UnknownFieldError
	if errors.As(e, &unknown) {
		return fmt.Sprintf("unknown key %q", e.GetToken().Value)
	}
	var kind *yaml.TypeError
	if errors.As(e, &kind) {
		return fmt.Sprintf("%q is not a %s", e.GetToken().Value, kindName(kind.DstType.String()))
	}
	return firstLine(e.GetMessage())
}

func kindName(t string) string {
	switch {
	case strings.HasPrefix(t, "int"), strings.HasPrefix(t, "uint"):
		return "whole number"
	case strings.HasPrefix(t, "float"):
		return "number"
	case t == "bool":
		return "true or false"
	case t == "string":
		return "text"
	case strings.HasPrefix(t, "[]"):
		return "list"
	}
	return "set of keys and values"
}

func hintFor(e yaml.Error) string {
	var unknown *yaml.UnknownFieldError
	if !errors.As(e, &unknown) {
		return "compare the line with docs/project-file.md"
	}
	if near := Nearest(e.GetToken().Value, knownKeys()); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "remove the key, or see docs/project-file.md for those that are known"
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
