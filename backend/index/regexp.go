package index

import (
	"database/sql/driver"
	"regexp"
	"sync"

	"modernc.org/sqlite"
)

// SQLite has the operator REGEXP and no function behind it. This one takes time that
// grows with the text only, whatever the pattern.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("regexp", 2, matchRegexp)
}

// compiled keeps the patterns that were last used: a search asks with one for every row.
var compiled struct {
	sync.Mutex
	pattern string
	re      *regexp.Regexp
}

func matchRegexp(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	pattern, ok := args[0].(string)
	text, isText := args[1].(string)
	if !ok || !isText {
		return nil, nil
	}
	compiled.Lock()
	defer compiled.Unlock()
	if compiled.re == nil || compiled.pattern != pattern {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		compiled.pattern, compiled.re = pattern, re
	}
	return compiled.re.MatchString(text), nil
}
