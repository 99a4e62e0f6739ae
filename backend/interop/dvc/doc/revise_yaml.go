package doc

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"rondo/backend/yamldoc"
)

// swap is a value that takes the place of a node, where that stands on one line.
type swap struct {
	node  *yaml.Node
	value any
}

// reviseInPlace swaps values and leaves every other byte. False where more has to change than
// values that are there.
func reviseInPlace(text []byte, want *Map, write func(n *yaml.Node, v any) string) ([]byte, bool) {
	var root yaml.Node
	if yaml.Unmarshal(text, &root) != nil || len(root.Content) == 0 {
		return nil, false
	}
	var swaps []swap
	if !swapsOf(root.Content[0], want, &swaps) {
		return nil, false
	}
	slices.SortStableFunc(swaps, func(a, b swap) int { // the last first, so that places stay right
		if a.node.Line != b.node.Line {
			return b.node.Line - a.node.Line
		}
		return b.node.Column - a.node.Column
	})
	for _, s := range swaps {
		var ok bool
		if text, ok = yamldoc.Splice(text, behindAnchor(s.node), write(s.node, s.value)); !ok {
			return nil, false
		}
	}
	return text, true
}

// swapsOf finds which values differ; false where keys or the lengths of lists in blocks do.
func swapsOf(n *yaml.Node, want any, into *[]swap) bool {
	now, err := (&yamlReader{}).value(n, 0)
	if err != nil || Same(now, want) {
		return err == nil
	}
	switch w := want.(type) {
	case *Map:
		return n.Kind == yaml.MappingNode && keysStay(n, now.(*Map), w, into)
	case []any:
		if n.Kind == yaml.SequenceNode && len(n.Content) == len(w) {
			for i, c := range n.Content {
				if !swapsOf(c, w[i], into) {
					return false
				}
			}
			return true
		}
	}
	if n.Kind == yaml.AliasNode {
		return false
	}
	*into = append(*into, swap{n, want})
	return true
}

func keysStay(n *yaml.Node, now, want *Map, into *[]swap) bool {
	if now.Len() != want.Len() {
		return false
	}
	pairs, _ := yamldoc.Mapping(n)
	for _, p := range pairs {
		if v, is := want.Get(p.Key.Value); is && !swapsOf(p.Value, v, into) {
			return false
		}
	}
	for _, k := range now.Keys { // what comes by << stays, or is not for here
		if v, is := want.Get(k); !is || yamldoc.Child(n, k) == nil && !Same(now.vals[k], v) {
			return false
		}
	}
	return true
}

// behindAnchor is the place of the value of a node that may have an anchor, which stays.
func behindAnchor(n *yaml.Node) *yaml.Node {
	if n.Anchor == "" {
		return n
	}
	at := *n
	at.Column += len([]rune(n.Anchor)) + len("& ")
	return &at
}

// sameQuotes writes a value in the quotes of the text that was there.
func sameQuotes(n *yaml.Node, v any) string {
	text, is := v.(string)
	if is && !strings.ContainsAny(text, "\\'\"\n\r\t") {
		switch {
		case n.Style&yaml.DoubleQuotedStyle != 0:
			return `"` + text + `"`
		case n.Style&yaml.SingleQuotedStyle != 0:
			return "'" + text + "'"
		}
	}
	if v == nil {
		return "null"
	}
	return flowText(v)
}

// inJSON writes a value as JSON.
func inJSON(_ *yaml.Node, v any) string {
	var b strings.Builder
	writeIndented(&b, v, "", "")
	return b.String()
}

// reviseNodes changes the document as a tree, and writes it anew with its comments and anchors.
func reviseNodes(text []byte, want *Map) ([]byte, bool) {
	out, err := yamldoc.Edit(text, func(root *yaml.Node) error {
		reviseNode(root, want)
		bareMerges(root)
		return nil
	})
	return out, err == nil
}

// bareMerges has << written as people write it: the library would put its tag in front.
func bareMerges(n *yaml.Node) {
	if n.Tag == "!!merge" {
		n.Tag = ""
	}
	for _, c := range n.Content {
		bareMerges(c)
	}
}

// reviseNode makes a node say something. An alias that shall say something else than its anchor is
// written out. Anchors come before their aliases, so what those say then is known.
func reviseNode(n *yaml.Node, want any) {
	now, err := (&yamlReader{}).value(n, 0)
	if err == nil && Same(now, want) {
		return
	}
	if n.Kind == yaml.AliasNode {
		*n = *writtenOut(n.Alias)
		reviseNode(n, want)
		return
	}
	switch w := want.(type) {
	case *Map:
		if n.Kind == yaml.MappingNode {
			reviseMap(n, w)
			return
		}
	case []any:
		if n.Kind == yaml.SequenceNode {
			reviseList(n, w)
			return
		}
	}
	fresh := nodeOf(want)
	fresh.Anchor, fresh.HeadComment, fresh.LineComment, fresh.FootComment = n.Anchor, n.HeadComment, n.LineComment, n.FootComment
	*n = *fresh
}

func reviseMap(n *yaml.Node, want *Map) {
	pairs, _ := yamldoc.Mapping(n)
	merged := &Map{}
	n.Content = nil
	for _, p := range pairs {
		if p.Key.Value == "<<" && p.Key.Style == 0 {
			from, _ := (&yamlReader{}).value(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{p.Key, p.Value}}, 0)
			if m, is := from.(*Map); is && within(m, want) {
				merged.Update(m)
				n.Content = append(n.Content, p.Key, p.Value)
			}
			continue
		}
		if v, stays := want.Get(p.Key.Value); stays {
			reviseNode(p.Value, v)
			n.Content = append(n.Content, p.Key, p.Value)
		}
	}
	for _, k := range want.Keys {
		if by, comes := merged.Get(k); yamldoc.Child(n, k) == nil && !(comes && Same(by, want.vals[k])) {
			n.Content = append(n.Content, yamldoc.String(k), nodeOf(want.vals[k]))
		}
	}
}

// within reports whether every key of one mapping is one of another.
func within(m, all *Map) bool {
	return !slices.ContainsFunc(m.Keys, func(k string) bool { _, is := all.Get(k); return !is })
}

func reviseList(n *yaml.Node, want []any) {
	n.Content = n.Content[:min(len(n.Content), len(want))]
	for i, c := range n.Content {
		reviseNode(c, want[i])
	}
	for _, v := range want[len(n.Content):] {
		n.Content = append(n.Content, nodeOf(v))
	}
}

// writtenOut copies what an anchor names, without anchors of its own.
func writtenOut(n *yaml.Node) *yaml.Node {
	out := *n
	out.Anchor, out.HeadComment, out.LineComment, out.FootComment = "", "", "", ""
	out.Content = make([]*yaml.Node, len(n.Content))
	for i, c := range n.Content {
		out.Content[i] = writtenOut(c)
	}
	return &out
}

func nodeOf(v any) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(Emit(NewMap("k", v)), &doc); err != nil || len(doc.Content) == 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: Text(v)}
	}
	return doc.Content[0].Content[1]
}
