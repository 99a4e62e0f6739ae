package doc

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// WriteJSON writes a value as json.dumps with sorted keys, without what does not count.
func WriteJSON(b *strings.Builder, v any, without []string) {
	switch x := v.(type) {
	case *Map:
		b.WriteByte('{')
		sep := ""
		for _, k := range slices.Sorted(slices.Values(x.Keys)) {
			if slices.Contains(without, k) {
				continue
			}
			b.WriteString(sep + Quote(k) + ": ")
			WriteJSON(b, x.Value(k), without)
			sep = ", "
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, it := range x {
			if i > 0 {
				b.WriteString(", ")
			}
			WriteJSON(b, it, without)
		}
		b.WriteByte(']')
	case string:
		b.WriteString(Quote(x))
	case nil:
		b.WriteString("null")
	default:
		b.WriteString(Text(v))
	}
}

// Quote writes text as Python's json.dumps does: what is not ASCII as \uXXXX.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	for _, r := range s {
		switch {
		case short[r] != "":
			b.WriteString(short[r])
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
