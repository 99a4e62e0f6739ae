package monitor

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number reads a value as a number; false where it is missing or none.
func number(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, !math.IsNaN(x) && !math.IsInf(x, 0)
	case float32:
		return number(float64(x))
	case int:
		return float64(x), true
	case int32:
		return float64(x), true
	case int64:
		return float64(x), true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case json.Number:
		return number(string(x))
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		if err != nil {
			return 0, false
		}
		return number(f)
	}
	return 0, false
}

// missing reports whether a value stands for "not known".
func missing(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case float64:
		return math.IsNaN(x)
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "", "na", "nan", "null", "none", "n/a":
			return true
		}
	}
	return false
}

// name writes a category or class the same way wherever it comes from: 1, 1.0 and "1" are one class.
func name(v any) string {
	switch x := v.(type) {
	case string:
		x = strings.TrimSpace(x)
		if f, err := strconv.ParseFloat(x, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && f == math.Trunc(f) && math.Abs(f) < 1e15 {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
		return x
	case bool:
		return strconv.FormatBool(x)
	}
	if f, ok := number(v); ok {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// class is name for a predicted or true class, where yes and no have three spellings.
func class(v any) string {
	switch n := name(v); strings.ToLower(n) {
	case "true":
		return "1"
	case "false":
		return "0"
	default:
		return n
	}
}
