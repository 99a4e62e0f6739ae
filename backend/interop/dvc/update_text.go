package dvc

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// changeMap makes a mapping what another one says and keeps the order of what is there, as
// DVC does where it changes a file: new keys come last.
func changeMap(to, from *Map) {
	for _, k := range from.Keys {
		v := from.vals[k]
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
			to.drop(k)
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

// singleText is a .dvc file with what changed in it. What a person has written beside it,
// such as comments, stays.
func singleText(name string, old []byte, s *Single) ([]byte, error) {
	fresh := s.Text()
	if len(bytes.TrimSpace(old)) == 0 {
		return fresh, nil
	}
	was, err := parseSums(name, old)
	top, ok := was.(*Map)
	if err != nil || !ok {
		return fresh, err
	}
	written := bytes.Equal(emit(top), old)
	now, err := parseSums(name, fresh)
	if err != nil {
		return nil, err
	}
	changeMap(top, now.(*Map))
	out := emit(top)
	if written {
		return out, nil
	}
	if edited, ok := editLines(name, old, top); ok {
		return edited, nil
	}
	return out, nil
}

// editLines changes the numbers and hashes of a .dvc file of one out in its text, line by
// line, if that gives what it shall be.
func editLines(name string, old []byte, want *Map) ([]byte, bool) {
	outs, _ := want.Get("outs")
	list, _ := outs.([]any)
	if len(list) != 1 {
		return nil, false
	}
	out, _ := list[0].(*Map)
	var b strings.Builder
	inOuts := false
	for line := range strings.Lines(string(old)) {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "#") {
			inOuts = strings.HasPrefix(line, "outs:")
		}
		key, rest, ok := strings.Cut(strings.TrimLeft(line, " -"), ":")
		v, has := out.Get(key)
		if !inOuts || !ok || !has || !slices.Contains([]string{"md5", "size", "nfiles"}, key) {
			b.WriteString(line)
			continue
		}
		comment := "\n"
		if i := strings.Index(rest, " #"); i >= 0 {
			comment = rest[i:]
		}
		b.WriteString(line[:len(line)-len(rest)] + " " + numberText(v) + comment)
	}
	text := []byte(b.String())
	again, err := parseSums(name, text)
	return text, err == nil && Equal(again, want)
}

func numberText(v any) string {
	if n, ok := v.(int64); ok {
		return strconv.FormatInt(n, 10)
	}
	return text(v)
}
