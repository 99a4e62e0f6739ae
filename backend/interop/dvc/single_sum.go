package dvc

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
)

// notSummed are keys that do not count for what a stage is.
var notSummed = []string{"desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles"}

// Sum is the md5 that DVC writes at the top of the .dvc file of an import or a stage: of
// its own JSON, keys sorted. Data that was added has none.
func (s *Single) Sum() string {
	if s.Cmd == "" && !s.Import() {
		return ""
	}
	return sumOf(clone(s.raw).(*Map))
}

// sumNow is Sum of what the file shall say.
func (s *Single) sumNow() string {
	v, err := parseSums("", s.Text())
	m, ok := v.(*Map)
	if err != nil || !ok {
		return s.MD5
	}
	return sumOf(m)
}

func sumOf(m *Map) string {
	m.Drop("md5")
	if wdir, _ := m.Get("wdir"); wdir == "." {
		m.Drop("wdir")
	}
	for _, k := range slices.Clone(m.Keys) {
		if v := m.vals[k]; v == nil || v == false || v == "" {
			m.Drop(k) // DVC writes none that are empty
		}
	}
	var b strings.Builder
	pythonJSON(&b, m, notSummed)
	sum := md5.Sum([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// pythonJSON writes a value as json.dumps with sorted keys, without what does not count.
func pythonJSON(b *strings.Builder, v any, without []string) {
	switch x := v.(type) {
	case *Map:
		b.WriteByte('{')
		sep := ""
		for _, k := range slices.Sorted(slices.Values(x.Keys)) {
			if slices.Contains(without, k) {
				continue
			}
			b.WriteString(sep + asciiJSON(k) + ": ")
			pythonJSON(b, x.vals[k], without)
			sep = ", "
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, it := range x {
			if i > 0 {
				b.WriteString(", ")
			}
			pythonJSON(b, it, without)
		}
		b.WriteByte(']')
	case string:
		b.WriteString(asciiJSON(x))
	case nil:
		b.WriteString("null")
	default:
		b.WriteString(text(v))
	}
}
