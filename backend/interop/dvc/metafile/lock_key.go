package metafile

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// RunKey is the key of a stage's runs.
func (s LockStage) RunKey() string {
	m := s.Value()
	paths := []any{}
	for _, o := range s.Outs {
		paths = append(paths, o.Path)
	}
	slices.SortFunc(paths, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	m.Set("outs", paths)
	return EntryHash(m)
}

// EntryHash names what a mapping says, as the run cache names its entries.
func EntryHash(m *doc.Map) string {
	var b strings.Builder
	doc.WriteJSON(&b, m, notHashed)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// The run cache notes which stage made what of what: runs/KK/KEY/VALUE in the cache, each
// the entry of a dvc.lock. The key is the SHA-256 of the entry's JSON with the paths of
// outs only, the value that with all of them; sizes count for neither.
var notHashed = []string{"size", "nfiles"}
