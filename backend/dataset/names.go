package dataset

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rondo/backend/store"
)

const maxLikeNames = 20 // pairs that are named

// likeNames warns of files that are two here and one on systems which take no notice of
// case, or of how an accent is written.
func likeNames(t store.Tree) (warnings []string) {
	seen := make(map[string]string, len(t.Files))
	left := 0
	for _, f := range t.Files {
		key := strings.ToLower(norm.NFC.String(f.Path))
		other, ok := seen[key]
		if seen[key] = f.Path; !ok {
			continue
		}
		if len(warnings) == maxLikeNames {
			left++
			continue
		}
		warnings = append(warnings, fmt.Sprintf("%s and %s are one file on Windows and macOS, where this snapshot cannot be checked out: rename one of them", quoted(other), quoted(f.Path)))
	}
	if left > 0 {
		warnings = append(warnings, fmt.Sprintf("%d more files have names that differ in nothing else", left))
	}
	return warnings
}

// quoted shows what cannot be seen: two ways to write the same accent look the same.
func quoted(path string) string { return fmt.Sprintf("%+q", path) }
