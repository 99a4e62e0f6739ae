package yamldoc

import "go.yaml.in/yaml/v3"

// Pair is a key of a mapping and what it holds.
type Pair struct{ Key, Value *yaml.Node }

// Mapping lists the pairs of a mapping in their order; false where the node is none.
func Mapping(n *yaml.Node) ([]Pair, bool) {
	if n.Kind != yaml.MappingNode {
		return nil, false
	}
	pairs := make([]Pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, Pair{n.Content[i], n.Content[i+1]})
	}
	return pairs, true
}

// Text is the text of a scalar that holds something, as it is written where it is a number.
func Text(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || Null(n) {
		return "", Fail(n, "want a string here")
	}
	return n.Value, nil
}

// Bool reads true or false.
func Bool(n *yaml.Node) (bool, error) {
	if n.Kind == yaml.ScalarNode {
		if b, ok := resolve(n).(bool); ok {
			return b, nil
		}
	}
	return false, Fail(n, "want true or false")
}

// Value is what a node holds: nil, bool, int64, uint64, float64, string, []any or
// map[string]any.
func Value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			list = append(list, Value(c))
		}
		return list
	case yaml.MappingNode:
		m := map[string]any{}
		pairs, _ := Mapping(n)
		for _, p := range pairs {
			m[p.Key.Value] = Value(p.Value)
		}
		return m
	}
	return resolve(n)
}
