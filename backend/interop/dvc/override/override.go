// Package override reads what `dvc exp run -S` says of params, such as train.lr=0.1, +new=[1,2] or
// ~old, by the grammar of Hydra's overrides, and does it to the values of a document. What of that
// grammar needs Hydra's own configuration, or is many values at once, is refused. It knows no file.
// The grammar: https://hydra.cc/docs/advanced/override_grammar/basic/
package override

import (
	"regexp"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// Kinds of change.
const (
	change = ""   // of what is there
	add    = "+"  // of what is not there
	put    = "++" // either
	remove = "~"
)

// Override is one change to params.
type Override struct {
	text  string // as it was said
	kind  string
	way   []string // keys, and numbers in lists
	value any      // as package doc has it
	bare  bool     // a removal, whatever the value is
}

// keys match what Hydra takes for a key: one name, or names and numbers with dots between.
var keys = sync.OnceValue(func() *regexp.Regexp {
	const name = `[a-zA-Z_$][a-zA-Z0-9_$-]*`
	return regexp.MustCompile(`^(` + name + `|(` + name + `|0|[1-9](_?[0-9])*)(\.(` + name + `|0|[1-9](_?[0-9])*))+)$`)
})

// Parse reads one.
func Parse(text string) (Override, error) {
	o := Override{text: text}
	rest := text
	for _, kind := range []string{put, add, remove} {
		if after, is := strings.CutPrefix(rest, kind); is {
			o.kind, rest = kind, after
			break
		}
	}
	key, value, said := strings.Cut(rest, "=")
	switch {
	case strings.ContainsAny(key, "/@"):
		return o, o.fail("names a group of Hydra's configuration, which only dvc composes").WithHint("name a param, as in -S train.lr=0.1, or use dvc exp run")
	case !keys().MatchString(key):
		return o, o.fail("has no key that a param could have").WithHint("write it as -S train.lr=0.1")
	case !said && o.kind != remove:
		return o, o.fail("says no value").WithHint("write it as -S %s=0.1, or as -S ~%s to take it out", key, key)
	}
	o.way, o.bare = strings.Split(key, "."), !said
	if o.bare {
		return o, nil
	}
	var err error
	o.value, err = o.read(value)
	return o, err
}

func (o Override) fail(format string, args ...any) *errs.Error {
	return errs.New(errs.Invalid, "-S %s "+format, append([]any{o.text}, args...)...)
}

// Apply does overrides to the values of a params file, one after the other, and returns what they
// are then. What it is given stays.
func Apply(name string, values *doc.Map, list []Override) (*doc.Map, error) {
	out := doc.Clone(values).(*doc.Map)
	for _, o := range list {
		if err := o.apply(name, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}
