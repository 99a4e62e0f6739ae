package project

import (
	"reflect"
	"strings"
)

// knownKeys lists every key that some section of the project file takes.
func knownKeys() []string {
	seen := map[reflect.Type]bool{}
	var keys []string
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Map || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			if k := t.Field(i).Tag.Get("yaml"); k != "" {
				keys = append(keys, k)
			}
			walk(t.Field(i).Type)
		}
	}
	walk(reflect.TypeFor[File]())
	return keys
}

// Nearest returns the candidate within two edits of word, or "".
func Nearest(word string, candidates []string) string {
	best, at := "", 3
	for _, c := range candidates {
		if d := edits(strings.ToLower(word), c); d < at && d < len(c) {
			best, at = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance; words longer than 64 bytes are never near.
func edits(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
