package dataset

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rondo/backend/folder"
	"rondo/backend/ignore"
	"rondo/backend/store"
)

const maxLikeNames = 20 // pairs that are named

// likeNames warns of files that are two here and one on systems which take no notice of
// case, or of how an accent is written. It holds 8 bytes a file.
func likeNames(ctx context.Context, at string, l *store.Listing) (warnings []string, err error) {
	twice, err := likeHashes(ctx, l)
	if err != nil || len(twice) == 0 {
		return nil, err
	}
	seen, left := map[string]string{}, 0
	for f, err := range l.All(ctx) {
		if err != nil {
			return nil, err
		}
		key := folded(f.Path)
		if !twice[maphash.String(likeSeed, key)] {
			continue
		}
		other, ok := seen[key]
		if seen[key] = f.Path; !ok {
			continue
		}
		if len(warnings) == maxLikeNames {
			left++
			continue
		}
		warnings = append(warnings, fmt.Sprintf("%s and %s are one file on Windows and macOS, where this snapshot cannot be checked out: rename one of them%s", quoted(other), quoted(f.Path), leavingOut(at, f.Path)))
	}
	if left > 0 {
		warnings = append(warnings, fmt.Sprintf("%d more files have names that differ in nothing else", left))
	}
	return warnings, nil
}

var likeSeed = maphash.MakeSeed()

// likeHashes returns the hashes of folded names that more than one file has. Where no
// name is changed by folding there are none.
func likeHashes(ctx context.Context, l *store.Listing) (twice map[uint64]bool, err error) {
	hashes, odd := make([]uint64, 0, l.Files), false
	for f, err := range l.All(ctx) {
		if err != nil {
			return nil, err
		}
		key := f.Path
		if !plainName(key) {
			key, odd = folded(key), true
		}
		hashes = append(hashes, maphash.String(likeSeed, key))
	}
	if !odd {
		return nil, nil
	}
	slices.Sort(hashes)
	twice = map[uint64]bool{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			twice[hashes[i]] = true
		}
	}
	return twice, nil
}

// leavingOut tells the rule by which a file of a dataset is left out.
func leavingOut(at, file string) string {
	return ", or leave it out by this line in " + folder.IgnoreFile + " of the project folder: " + ignore.Line(place(at, false, file))
}

func folded(name string) string { return strings.ToLower(norm.NFC.String(name)) }

// quoted shows what cannot be seen: two ways to write the same accent look the same.
func quoted(path string) string { return fmt.Sprintf("%+q", path) }
