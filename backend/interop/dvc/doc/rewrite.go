package doc

import (
	"bytes"
	"slices"
)

// changeMap makes a mapping what another one says and keeps the order of what is there, as
// DVC does where it changes a file: new keys come last.
func changeMap(to, from *Map) {
	for _, k := range from.Keys {
		v := from.Value(k)
		old, had := to.Get(k)
		switch x := v.(type) {
		case *Map:
			if m, ok := old.(*Map); ok {
				changeMap(m, x)
				continue
			}
		case []any:
			if l, ok := old.([]any); ok && len(l) == len(x) {
				changeList(l, x)
				continue
			}
		}
		if !had || !Equal(old, v) {
			to.Set(k, v)
		}
	}
	for _, k := range slices.Clone(to.Keys) {
		if _, stays := from.Get(k); !stays {
			to.Drop(k)
		}
	}
}

func changeList(to, from []any) {
	for i, v := range from {
		a, ok := to[i].(*Map)
		b, is := v.(*Map)
		if ok && is {
			changeMap(a, b)
		} else if !Equal(to[i], v) {
			to[i] = v
		}
	}
}

// Rewrite makes the text old of a file of DVC's own say what fresh says. What a person has written
// beside it, such as comments, stays.
func Rewrite(name string, old, fresh []byte) ([]byte, error) {
	if len(bytes.TrimSpace(old)) == 0 {
		return fresh, nil
	}
	was, err := ParseSums(name, old)
	top, ok := was.(*Map)
	if err != nil || !ok {
		return fresh, err
	}
	written := bytes.Equal(Emit(top), old)
	now, err := ParseSums(name, fresh)
	if err != nil {
		return nil, err
	}
	before := Clone(top).(*Map)
	changeMap(top, now.(*Map))
	if !written {
		if edited, ok := editText(name, string(old), before, top); ok {
			return edited, nil
		}
	}
	return Emit(top), nil
}
