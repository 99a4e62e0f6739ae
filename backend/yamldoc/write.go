package yamldoc

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// String is a node that is text, in quotes where it would be read as something else without.
func String(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if !bare(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// Quote is text as it stands in a document, as a key or a value.
func Quote(s string) string {
	if bare(s) {
		return s
	}
	return strconv.Quote(s) // its escapes are YAML's too
}

// other matches what readers of YAML 1.1 or 1.2 take for something else than text.
var other = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^([-+]?[0-9._]+([e:x][-+0-9a-f:._]*)?|[-+]?\.(inf|nan)|0[box][0-9a-f_]+|~|null|true|false|y|n|yes|no|on|off|<<|[0-9]{4}-[0-9].*)$`)
})

// bare reports whether text needs no quotes.
func bare(s string) bool {
	switch {
	case s == "", strings.ContainsAny(s[:1], "*&[{}],!|>%'\"@` ?-:=#~"):
		return false
	case strings.HasSuffix(s, ":"), strings.HasSuffix(s, " "), strings.Contains(s, ": "), strings.Contains(s, "- "), strings.Contains(s, "#"), strings.Contains(s, "\\"):
		return false
	}
	for _, r := range s {
		if r < ' ' || !strconv.IsPrint(r) {
			return false
		}
	}
	return !other().MatchString(s)
}
