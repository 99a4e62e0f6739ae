package metafile

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// notSummed are keys that do not count for what a stage is.
var notSummed = []string{"desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles"}

// Sum is the md5 that DVC writes at the top of the .dvc file of an import or a stage: of
// its own JSON, keys sorted. Data that was added has none.
func (s *Single) Sum() string {
	if s.Cmd == "" && !s.Import() {
		return ""
	}
	return sumOf(doc.Clone(s.Raw).(*doc.Map))
}

// SumNow is Sum of what the file shall say.
func (s *Single) SumNow() string {
	v, err := doc.ParseSums("", s.Text())
	m, ok := v.(*doc.Map)
	if err != nil || !ok {
		return s.MD5
	}
	return sumOf(m)
}

func sumOf(m *doc.Map) string {
	m.Drop("md5")
	if wdir, _ := m.Get("wdir"); wdir == "." {
		m.Drop("wdir")
	}
	for _, k := range slices.Clone(m.Keys) {
		if v := m.Value(k); v == nil || v == false || v == "" {
			m.Drop(k) // DVC writes none that are empty
		}
	}
	outs, _ := m.Value("outs").([]any)
	for _, o := range outs {
		dropPlain(o)
	}
	var b strings.Builder
	doc.WriteJSON(&b, m, notSummed)
	sum := md5.Sum([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// dropPlain takes out of an out what is so anyway; the first versions of DVC wrote it.
func dropPlain(out any) {
	m, ok := out.(*doc.Map)
	if !ok {
		return
	}
	for _, k := range []string{"cache", "push"} {
		if m.Value(k) == true {
			m.Drop(k)
		}
	}
}
