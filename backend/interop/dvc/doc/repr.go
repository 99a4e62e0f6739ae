package doc

import "strings"

// Repr writes a value as Python's repr does.
func Repr(v any) string {
	switch x := v.(type) {
	case []any:
		list := make([]string, len(x))
		for i, it := range x {
			list[i] = Repr(it)
		}
		return "[" + strings.Join(list, ", ") + "]"
	case *Map:
		list := make([]string, 0, x.Len())
		for _, k := range x.Keys {
			list = append(list, Repr(k)+": "+Repr(x.Value(k)))
		}
		return "{" + strings.Join(list, ", ") + "}"
	case string:
		mark := "'"
		if strings.Contains(x, "'") && !strings.Contains(x, `"`) {
			mark = `"`
		}
		return mark + strings.NewReplacer(`\`, `\\`, mark, `\`+mark, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(x) + mark
	}
	return Str(v)
}
