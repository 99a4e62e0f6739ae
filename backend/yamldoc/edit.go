package yamldoc

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Edit changes the mapping that a document is, and writes it anew with its comments. A text
// that holds nothing is an empty mapping.
func Edit(text []byte, change func(root *yaml.Node) error) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, unread(text, err)
	}
	if len(doc.Content) == 0 {
		doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	if err := change(doc.Content[0]); err != nil {
		return nil, err
	}
	return write(&doc)
}

// write is how Rondo lays a document out: two spaces, lists not indented.
func write(doc *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// Child is what a mapping holds under a key; nil where it is no mapping or has no such key.
func Child(n *yaml.Node, key string) *yaml.Node {
	pairs, _ := Mapping(n)
	for _, p := range pairs {
		if p.Key.Value == key {
			return p.Value
		}
	}
	return nil
}

// Put sets a key of a mapping.
func Put(n *yaml.Node, key string, value *yaml.Node) {
	if old := Child(n, key); old != nil {
		value.LineComment = old.LineComment
		*old = *value
		return
	}
	n.Content = append(n.Content, String(key), value)
}

// Splice replaces in a text what a node says, where that stands on one line; all else stays
// byte for byte. Whoever calls it reads the result back: the value may mean something else
// where it is put.
func Splice(text []byte, n *yaml.Node, value string) ([]byte, bool) {
	from := offset(text, n.Line, n.Column)
	if from < 0 || strings.ContainsAny(value, "\r\n") {
		return nil, false
	}
	line, _, _ := bytes.Cut(text[from:], []byte("\n"))
	length := extent(string(line), n)
	if length <= 0 {
		return nil, false
	}
	return append(append(bytes.Clone(text[:from]), value...), text[from+length:]...), true
}

// offset is where a place is in a text, in bytes; -1 where there is none.
func offset(text []byte, line, col int) int {
	at := 0
	for range line - 1 {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	for range col - 1 {
		_, n := utf8.DecodeRune(text[at:])
		at += n
	}
	if at > len(text) {
		return -1
	}
	return at
}

// extent is how many bytes of a line that begins with a node are the node; 0 where it goes on
// elsewhere.
func extent(line string, n *yaml.Node) int {
	switch {
	case n.Kind == yaml.ScalarNode && n.Style == 0:
		if strings.HasPrefix(line, n.Value) {
			return len(n.Value)
		}
	case n.Kind == yaml.ScalarNode && (strings.HasPrefix(line, `"`) || strings.HasPrefix(line, `'`)):
		return quoted(line)
	case n.Style&yaml.FlowStyle != 0:
		return bracketed(line)
	}
	return 0
}

func quoted(line string) int {
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] == '\\' && line[0] == '"':
			i++
		case line[i] == line[0] && line[0] == '\'' && strings.HasPrefix(line[i+1:], "'"):
			i++
		case line[i] == line[0]:
			return i + 1
		}
	}
	return 0
}

func bracketed(line string) int {
	open := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '[', '{':
			open++
		case ']', '}':
			if open--; open == 0 {
				return i + 1
			}
		case '"', '\'':
			n := quoted(line[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		}
	}
	return 0
}
