package yamldoc

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Numbers are those of YAML 1.2 that YAML 1.1 has too, so that a person's Python reads the
// same: 1e-3 without a point is text there.
var (
	whole = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)$`)
	})
	broken = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?$`)
	})
)

// Null reports whether a node holds nothing.
func Null(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && resolve(n) == nil
}

// resolve is what a scalar means: nil, a bool, an int64, a uint64, a float64 or text.
func resolve(n *yaml.Node) any {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Value
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	case ".nan", ".NaN", ".NAN":
		return math.NaN()
	case ".inf", ".Inf", ".INF":
		return math.Inf(1)
	case "-.inf", "-.Inf", "-.INF":
		return math.Inf(-1)
	}
	if v, ok := numeric(n.Value); ok {
		return v
	}
	return n.Value
}

func numeric(s string) (any, bool) {
	if c := strings.TrimLeft(s, "+-."); c == "" || c[0] < '0' || c[0] > '9' {
		return nil, false
	}
	plain := strings.ReplaceAll(s, "_", "")
	if whole().MatchString(s) {
		if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
			return i, true
		}
		u, err := strconv.ParseUint(strings.TrimPrefix(plain, "+"), 0, 64)
		return u, err == nil
	}
	if !broken().MatchString(s) {
		return nil, false
	}
	f, err := strconv.ParseFloat(plain, 64)
	return f, err == nil
}
