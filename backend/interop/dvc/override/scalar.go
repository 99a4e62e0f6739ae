package override

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"rondo/backend/interop/dvc/doc"
)

var (
	whole  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?(0|[1-9](_?[0-9])*)$`) })
	broken = sync.OnceValue(func() *regexp.Regexp {
		const whole, tail = `(0|[1-9](_?[0-9])*)`, `[0-9](_?[0-9])*`
		const point = `(` + whole + `\.|` + whole + `?\.` + tail + `)`
		return regexp.MustCompile(`^[+-]?(` + point + `|(` + whole + `|` + point + `)[eE][+-]?` + tail + `)$`)
	})
)

// scalar is what text without quotes means, where that is no text.
func scalar(text string) (v any, is bool) {
	switch strings.ToLower(text) {
	case "null":
		return nil, true
	case "true":
		return true, true
	case "false":
		return false, true
	}
	switch strings.ToLower(strings.TrimLeft(text, "+-")) {
	case "nan":
		return math.NaN(), len(text) <= len("-nan")
	case "inf":
		sign := 1
		if text[0] == '-' {
			sign = -1
		}
		return math.Inf(sign), len(text) <= len("-inf")
	}
	plain := strings.ReplaceAll(text, "_", "")
	switch {
	case whole().MatchString(text):
		return doc.Resolve(plain), true
	case broken().MatchString(text):
		f, _ := strconv.ParseFloat(plain, 64) // one that is too large is infinite, as in Python
		return f, true
	}
	return nil, false
}
