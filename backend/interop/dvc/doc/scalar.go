package doc

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// How a plain scalar of YAML 1.2 is taken by ruamel.yaml, which DVC reads with. Other
// than in YAML 1.1, yes and on are text, 1e-5 is a number, and 012 is twelve.
var (
	isFloat = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	})
	isInt = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+)$`)
	})
	isTime = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$`)
	})
)

// Resolve turns a plain scalar into the value that it means.
func Resolve(s string) any {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if !strings.ContainsRune("+-.0123456789_", rune(s[0])) {
		return s
	}
	switch {
	case isFloat().MatchString(s):
		return parseFloat(s)
	case isInt().MatchString(s) && strings.ContainsAny(s, "0123456789") && s[0] != '_':
		return parseInt(s)
	case isTime().MatchString(s):
		return Time(s)
	}
	return s
}

func parseFloat(s string) any {
	t := strings.ToLower(strings.ReplaceAll(s, "_", ""))
	switch strings.TrimLeft(t, "+-") {
	case ".inf":
		if t[0] == '-' {
			return math.Inf(-1)
		}
		return math.Inf(1)
	case ".nan":
		return math.NaN()
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil && !math.IsInf(f, 0) {
		return s
	}
	return f
}

func parseInt(s string) any {
	t := strings.ReplaceAll(s, "_", "")
	sign := ""
	if t[0] == '-' || t[0] == '+' {
		sign, t = strings.TrimPrefix(t[:1], "+"), t[1:]
	}
	base := 10
	if len(t) > 2 && t[0] == '0' {
		switch t[1] {
		case 'b':
			base, t = 2, t[2:]
		case 'o':
			base, t = 8, t[2:]
		case 'x':
			base, t = 16, t[2:]
		}
	}
	n, err := strconv.ParseInt(sign+t, base, 64)
	if err != nil && base == 10 && strings.Trim(t, "0123456789") == "" {
		return Big(sign + t)
	}
	if err != nil {
		return s
	}
	return n
}
