package gate

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Canonical writes a label so that the "1" of a CSV, the 1 of a tensor and the 1.0
// of a JSON answer are the same one. Truth values count as 1 and 0.
func Canonical(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return canonicalText(x)
	case bool:
		if x {
			return "1"
		}
		return "0"
	case float64:
		return number(x)
	case float32:
		return number(float64(x))
	case json.Number:
		return canonicalText(x.String())
	default:
		return canonicalText(fmt.Sprint(v))
	}
}

func canonicalText(s string) string {
	s = strings.TrimSpace(s)
	if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) {
		return number(f)
	}
	switch strings.ToLower(s) {
	case "true":
		return "1"
	case "false":
		return "0"
	}
	return s
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// value reads a canonical label as the number it is; NaN where it is none.
func value(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}
