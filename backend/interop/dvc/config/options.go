package config

import (
	"regexp"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// OptionStyle is how the config's section parsing has mappings written on a command line.
type OptionStyle struct {
	no     bool // bool = boolean_optional: what is false says --no-key
	append bool // list = append: each item of a list has its --key
}

// OptionStyle is how the config has options written.
func (c Config) OptionStyle() OptionStyle {
	s := c["parsing"]
	return OptionStyle{no: strings.EqualFold(s["bool"], "boolean_optional"), append: strings.EqualFold(s["list"], "append")}
}

// Options writes a mapping as the options of a command line: --key value.
func (s OptionStyle) Options(m *doc.Map) (string, error) {
	var b strings.Builder
	if err := s.addAll(&b, m, ""); err != nil {
		return "", err
	}
	return strings.TrimRight(b.String(), " "), nil
}

func (s OptionStyle) addAll(b *strings.Builder, m *doc.Map, at string) error {
	for _, k := range m.Keys {
		name := k
		if at != "" {
			name = at + "." + k
		}
		if err := s.add(b, name, m.Value(k)); err != nil {
			return err
		}
	}
	return nil
}

func (s OptionStyle) add(b *strings.Builder, name string, v any) error {
	switch x := v.(type) {
	case *doc.Map:
		return s.addAll(b, x, name)
	case bool:
		if x {
			b.WriteString("--" + name + " ")
		} else if s.no {
			b.WriteString("--no-" + name + " ")
		}
	case string:
		b.WriteString("--" + name + " " + Quote(x) + " ")
	case []any:
		for i, it := range x {
			if i == 0 || s.append {
				b.WriteString("--" + name + " ")
			}
			switch y := it.(type) {
			case *doc.Map, []any:
				return errs.New(errs.Invalid, "%q holds a list in a list, which a command line cannot take", name)
			case string:
				b.WriteString(Quote(y) + " ")
			default:
				b.WriteString(doc.Str(y) + " ")
			}
		}
	default:
		b.WriteString("--" + name + " " + doc.Str(v) + " ")
	}
	return nil
}

var unsafe = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\w@%+=:,./-]`) })

// Quote protects a word from a POSIX shell, as Python's shlex does.
func Quote(s string) string {
	if s != "" && !unsafe().MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}
