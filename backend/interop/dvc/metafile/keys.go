package metafile

import (
	"maps"
	"strconv"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// Keys that DVC 3.67 knows. It refuses a file with others, and so does Rondo: what it does
// not know it would lose when it writes the file again. Those that only older lines of DVC
// wrote are known, too.
var (
	factKeys = words("md5 etag checksum size nfiles isexec version_id cloud")
	lockKeys = words("path hash files dataset", factKeys)
	listKeys = words("relpath", factKeys)
	depKeys  = words("path hash persist files fs_config repo db params", factKeys)
	outKeys  = words("path hash persist files fs_config cache remote push desc type labels meta metric plot", factKeys)
	repoKeys = words("url rev rev_lock config remote")
)

func words(list string, more ...map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	for _, m := range more {
		maps.Copy(out, m)
	}
	return out
}

// onlyKeys refuses a key that is not known, with its place.
func onlyKeys(name, where string, m *doc.Map, known map[string]bool) error {
	for _, k := range m.Keys {
		if !known[k] {
			return doc.Fail(name, m.At(k), "%s: DVC knows no key %q here", where, k).WithHint("take it out; a newer dvc than 3.67 may have written it")
		}
	}
	if list, _ := m.Get("files"); list != nil {
		items, _ := list.([]any)
		for _, it := range items {
			if f, ok := it.(*doc.Map); ok {
				if err := onlyKeys(name, where+".files", f, listKeys); err != nil {
					return err
				}
			}
		}
	}
	if r, _ := m.Get("repo"); r != nil {
		if r, ok := r.(*doc.Map); ok {
			return onlyKeys(name, where+".repo", r, repoKeys)
		}
	}
	return nil
}

// Undated refuses dates among params that ${…} could name: DVC takes none there.
func Undated(name string, v any, at doc.Pos, key string) error {
	switch x := v.(type) {
	case doc.Time:
		return doc.Fail(name, at, "%s is a date, and DVC takes no dates in params that a dvc.yaml reads", key).WithHint("put it in quotes")
	case *doc.Map:
		for _, k := range x.Keys {
			if err := Undated(name, x.Value(k), x.At(k), strings.TrimPrefix(key+"."+k, ".")); err != nil {
				return err
			}
		}
	case []any:
		for i, it := range x {
			if err := Undated(name, it, at, key+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	return nil
}
