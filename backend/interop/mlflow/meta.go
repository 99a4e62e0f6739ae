package mlflow

import (
	"fmt"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// meta is a meta.yaml, or an object of a server's answer; what it means is the reader's.
type meta map[string]any

// typed are the keys below which a value's type matters. All else is read as it is
// written: an id such as 12e34 is no number to the program that wrote it.
var typed = map[string]bool{"feedback": true, "expectation": true, "issue": true}

const maxNesting = 32

// parseMeta returns nil for what is no YAML of an object.
func parseMeta(b []byte) meta {
	var doc yaml.Node
	if yaml.Unmarshal(b, &doc) != nil || len(doc.Content) != 1 {
		return nil
	}
	m, _ := plainNode(doc.Content[0], 0).(map[string]any)
	return m
}

// plainNode reads a node without following aliases: who writes these files uses none,
// and who does may mean to fill the memory.
func plainNode(n *yaml.Node, depth int) any {
	if depth > maxNesting {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if typed[key] && !aliased(n.Content[i+1]) {
				var v any
				if n.Content[i+1].Decode(&v) == nil {
					out[key] = v
				}
				continue
			}
			out[key] = plainNode(n.Content[i+1], depth+1)
		}
		return out
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			list = append(list, plainNode(c, depth+1))
		}
		return list
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!null":
			return nil
		case "!!bool":
			return n.Value == "true"
		}
		return n.Value
	}
	return nil
}

func aliased(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		return true
	}
	for _, c := range n.Content {
		if aliased(c) {
			return true
		}
	}
	return false
}

func (m meta) text(keys ...string) string {
	for _, k := range keys {
		switch x := m[k].(type) {
		case nil:
		case string:
			return x
		default:
			return fmt.Sprint(x)
		}
	}
	return ""
}

func (m meta) whole(keys ...string) (n int64, ok bool) {
	for _, k := range keys {
		switch x := m[k].(type) {
		case int:
			return int64(x), true
		case int64:
			return x, true
		case uint64:
			return int64(x), true
		case float64:
			return int64(x), true
		case string:
			if n, err := strconv.ParseInt(x, 10, 64); err == nil {
				return n, true
			}
		}
	}
	return 0, false
}

func (m meta) moment(keys ...string) time.Time {
	n, ok := m.whole(keys...)
	if !ok || n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func (m meta) inner(key string) meta {
	x, _ := m[key].(map[string]any)
	return x
}
