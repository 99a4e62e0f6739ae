package spanfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// Dump returns JSON as Python's json.dumps(sort_keys=True) writes it: a blank after colons
// and commas, and where ascii is set, all that is not ASCII as \u and four digits. V is
// what Decode returns.
func Dump(v any, ascii bool) string {
	d := dumper{ascii: ascii}
	d.value(v)
	return d.String()
}

type dumper struct {
	strings.Builder
	ascii bool
}

func (b *dumper) value(v any) {
	switch x := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, k := range slices.Sorted(maps.Keys(x)) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.text(k)
			b.WriteString(": ")
			b.value(x[k])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range x {
			if i > 0 {
				b.WriteString(", ")
			}
			b.value(item)
		}
		b.WriteByte(']')
	case string:
		b.text(x)
	case json.Number:
		b.WriteString(x.String())
	case bool:
		fmt.Fprint(b, x)
	default:
		b.WriteString("null")
	}
}

func (b *dumper) text(s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < ' ' || b.ascii && r > 0x7f && r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		case b.ascii && r >= 0x10000:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, hi, lo)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
