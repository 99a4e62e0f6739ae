// Package yamldoc reads YAML that a person writes for Rondo: rondo.yaml, params.yaml,
// rondo.lock. What it takes is YAML 1.2 without aliases, anchors and tags, each key once, and
// every error knows its line and column. What the keys mean is its readers' matter, and the
// documents of DVC, which take more, are read in interop/dvc/doc.
package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

const (
	maxDepth = 64
	maxMarks = 1_000_000 // of what separates values: about 300 MB once it is read
)

// Error is what is wrong with a text, and where.
type Error struct {
	Line, Col int    // from 1
	Msg       string // such as: unknown key "depz"
	Unknown   string // the key, where that is what is wrong
	Large     bool   // it is more than is read
	Hint      string // the way out, where there is one that needs no more to be known
}

func (e *Error) Error() string { return e.Msg }

// Fail is an error about a node.
func Fail(n *yaml.Node, format string, args ...any) error {
	return &Error{Line: max(n.Line, 1), Col: max(n.Column, 1), Msg: fmt.Sprintf(format, args...)}
}

// Parse reads a text that holds one document. One that holds none is nil.
func Parse(text []byte) (n *yaml.Node, err error) {
	defer func() { // the parser is somebody else's and the bytes come from outside
		if r := recover(); r != nil {
			n, err = nil, &Error{Line: 1, Col: 1, Msg: fmt.Sprintf("cannot be read as YAML: %v", r)}
		}
	}()
	if n := marks(text); n > maxMarks {
		return nil, &Error{Line: 1, Col: 1, Msg: fmt.Sprintf("it has %d entries, more than the limit of %d", n, maxMarks), Large: true, Hint: "keep what is large in files of its own"}
	}
	in := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := in.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, unread(text, err)
	}
	if err := in.Decode(&more); err == nil {
		return nil, Fail(&more, "a second document begins here")
	} else if !errors.Is(err, io.EOF) {
		return nil, unread(text, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], sound(doc.Content[0], 0)
}

// marks counts what begins or ends a value, so that nothing is read that would fill the memory.
func marks(text []byte) (n int) {
	for _, mark := range []string{"\n", ",", "[", "{", ": ", "- ", "? "} {
		n += bytes.Count(text, []byte(mark))
	}
	return n
}

// sound refuses what is not taken, before anybody follows it.
func sound(n *yaml.Node, depth int) error {
	switch {
	case n.Kind == yaml.AliasNode, n.Anchor != "", n.Style&yaml.TaggedStyle != 0, n.Tag == "!!merge":
		return &Error{Line: n.Line, Col: n.Column, Msg: "anchors, aliases and tags are not taken here", Hint: "write the value out"}
	case depth > maxDepth:
		return Fail(n, "nested deeper than %d", maxDepth)
	}
	if err := soundKeys(n); err != nil {
		return err
	}
	for _, c := range n.Content {
		if err := sound(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func soundKeys(n *yaml.Node) error {
	pairs, _ := Mapping(n)
	seen := make(map[string]bool, len(pairs))
	for _, p := range pairs {
		switch {
		case p.Key.Kind == yaml.ScalarNode && seen[p.Key.Value]:
			return Fail(p.Key, "the key %q is there twice", p.Key.Value)
		case p.Key.Kind == yaml.SequenceNode, p.Key.Kind == yaml.MappingNode:
			return Fail(p.Key, "a key that is no plain text is not taken")
		}
		seen[p.Key.Value] = true
	}
	return nil
}

var (
	place  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?`) })
	before = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(did not find expected (<|node content|'-'|key|',')|found duplicate %|found undefined tag)`)
	})
)

// unread turns the parser's error into one with a place. The library counts lines from 1
// where it cannot split a text, and from 0 where the pieces do not fit together.
func unread(text []byte, err error) error {
	msg := err.Error()
	m := place().FindStringSubmatch(msg)
	if m == nil {
		return &Error{Line: 1, Col: 1, Msg: msg}
	}
	msg, _, _ = strings.Cut(msg[len(m[0]):], "\n")
	line, _ := strconv.Atoi(m[1])
	if before().MatchString(msg) {
		line++
	}
	lines := 1 + bytes.Count(bytes.TrimRight(text, "\r\n"), []byte("\n")) // the end of a text counts as one more
	return &Error{Line: min(max(line, 1), lines), Col: 1, Msg: msg}
}
