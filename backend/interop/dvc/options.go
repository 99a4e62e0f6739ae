package dvc

import (
	"regexp"
	"strings"
	"sync"

	"rondo/backend/errs"
)

// optionStyle is how the config's section parsing has mappings written on a command line.
type optionStyle struct {
	no     bool // bool = boolean_optional: what is false says --no-key
	append bool // list = append: each item of a list has its --key
}

func (c Config) optionStyle() optionStyle {
	s := c["parsing"]
	return optionStyle{no: strings.EqualFold(s["bool"], "boolean_optional"), append: strings.EqualFold(s["list"], "append")}
}

// options writes a mapping as the options of a command line: --key value.
func (s optionStyle) options(m *Map) (string, error) {
	var b strings.Builder
	if err := s.addAll(&b, m, ""); err != nil {
		return "", err
	}
	return strings.TrimRight(b.String(), " "), nil
}

func (s optionStyle) addAll(b *strings.Builder, m *Map, at string) error {
	for _, k := range m.Keys {
		name := k
		if at != "" {
			name = at + "." + k
		}
		if err := s.add(b, name, m.vals[k]); err != nil {
			return err
		}
	}
	return nil
}

func (s optionStyle) add(b *strings.Builder, name string, v any) error {
	switch x := v.(type) {
	case *Map:
		return s.addAll(b, x, name)
	case bool:
		if x {
			b.WriteString("--" + name + " ")
		} else if s.no {
			b.WriteString("--no-" + name + " ")
		}
	case string:
		b.WriteString("--" + name + " " + quote(x) + " ")
	case []any:
		for i, it := range x {
			if i == 0 || s.append {
				b.WriteString("--" + name + " ")
			}
			switch y := it.(type) {
			case *Map, []any:
				return errs.New(errs.Invalid, "%q holds a list in a list, which a command line cannot take", name)
			case string:
				b.WriteString(quote(y) + " ")
			default:
				b.WriteString(pyStr(y) + " ")
			}
		}
	default:
		b.WriteString("--" + name + " " + pyStr(v) + " ")
	}
	return nil
}

func pyStr(v any) string {
	if b, ok := v.(bool); ok {
		if b {
			return "True"
		}
		return "False"
	}
	return text(v)
}

var unsafe = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\w@%+=:,./-]`) })

// quote protects a word from a POSIX shell, as Python's shlex does.
func quote(s string) string {
	if s != "" && !unsafe().MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}
