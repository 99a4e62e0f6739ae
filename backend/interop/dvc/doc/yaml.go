package doc

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"go.yaml.in/yaml/v3"

	"rondo/backend/errs"
)

const (
	maxNodes = 1_000_000 // of one document, aliases written out
	maxDepth = 200
)

// ParseYAML reads a document as YAML 1.2. An empty one is nil.
func ParseYAML(name string, b []byte) (any, error) { return parse(name, b, false) }

// ParseSums is ParseYAML for files of DVC's own, whose checksums are text even where they
// look like numbers.
func ParseSums(name string, b []byte) (any, error) { return parse(name, b, true) }

func parse(name string, b []byte, sums bool) (v any, err error) {
	defer func() { // the parser is somebody else's and the bytes come from outside
		if r := recover(); r != nil {
			err = Fail(name, Pos{}, "cannot be read as YAML: %v", r)
		}
	}()
	if len(b) > MaxSize {
		return nil, TooLarge(name, len(b))
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, yamlError(name, err)
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return nil, nil
	}
	r := &yamlReader{name: name, sums: sums}
	return r.value(doc.Content[0], 0)
}

// TooLarge is the error that a document of size bytes is not read.
func TooLarge(name string, size int) error {
	return errs.New(errs.TooLarge, "%s has %d bytes; the limit is %d", name, size, MaxSize)
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:unmarshal errors:\s+)?(?:line (\d+): )?`) })

func yamlError(name string, err error) error {
	msg := err.Error()
	m := yamlLine().FindStringSubmatch(msg)
	at := Pos{1, 1}
	if m != nil {
		msg = msg[len(m[0]):]
		at.Line, _ = strconv.Atoi(m[1])
	}
	return Fail(name, at, "%s", msg).WithHint("git merge markers, tabs and unclosed quotes are what it mostly is")
}

type yamlReader struct {
	name  string
	sums  bool // the values of sumKeys are text
	nodes int
}

var sumKeys = map[string]bool{"md5": true, "etag": true, "checksum": true, "version_id": true, "rev": true, "rev_lock": true}

func at(n *yaml.Node) Pos { return Pos{n.Line, n.Column} }

func (r *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		return nil, Fail(r.name, at(n), "more than %d values, or nested deeper than %d", maxNodes, maxDepth)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := r.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n, depth)
	}
	return scalar(n)
}

func (r *yamlReader) mapping(n *yaml.Node, depth int) (any, error) {
	m, merged := &Map{}, []*Map{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		val, err := r.value(v, depth+1)
		if err != nil {
			return nil, err
		}
		if val != nil && r.sums && v.Kind == yaml.ScalarNode && sumKeys[k.Value] {
			val = v.Value
		}
		if k.Kind == yaml.ScalarNode && k.Value == "<<" && k.Style == 0 {
			if merged, err = r.merge(merged, v, val); err != nil {
				return nil, err
			}
			continue
		}
		if k.Kind != yaml.ScalarNode {
			return nil, Fail(r.name, at(k), "a key that is no plain text is not taken")
		}
		if _, double := m.Get(k.Value); double {
			return nil, Fail(r.name, at(k), "the key %q is there twice", k.Value)
		}
		m.Set(k.Value, val)
		m.Place(k.Value, at(k))
	}
	for _, from := range merged {
		for _, k := range from.Keys {
			if _, ok := m.Get(k); !ok {
				m.Set(k, Clone(from.vals[k]))
				m.Place(k, from.At(k))
			}
		}
	}
	return m, nil
}

func (r *yamlReader) merge(list []*Map, n *yaml.Node, v any) ([]*Map, error) {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	for _, it := range items {
		m, ok := it.(*Map)
		if !ok {
			return nil, Fail(r.name, at(n), "<< wants a mapping")
		}
		list = append(list, m)
	}
	return list, nil
}

func scalar(n *yaml.Node) (any, error) {
	const plain = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if n.Style&yaml.TaggedStyle != 0 {
		switch n.Tag {
		case "!!str", "!":
			return n.Value, nil
		case "!!int", "!!float", "!!bool", "!!null":
			return Resolve(n.Value), nil
		}
		return n.Value, nil // a tag of its own: what is written
	}
	if n.Style&plain != 0 {
		return n.Value, nil
	}
	return Resolve(n.Value), nil
}

// Kind is what a value is called in an error.
func Kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "true or false"
	case int64, float64, Big:
		return "a number"
	case string:
		return "text"
	case Time:
		return "a date"
	case []any:
		return "a list"
	case *Map:
		return "a mapping"
	}
	return fmt.Sprintf("%T", v)
}
