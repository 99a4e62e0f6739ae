package cli

import "strings"

// nearest returns the verb whose name is fewest edits away from what was typed,
// or "" where none is close enough to be a slip.
func nearest(all []verb, typed string) string {
	best, found := 1+len(typed)/3, ""
	for _, v := range visible(all) {
		d := distance(typed, v.name)
		if _, second, ok := strings.Cut(v.name, " "); ok { // "snapshot" for "data snapshot"
			d = min(d, distance(typed, second))
		}
		if d <= best {
			best, found = d-1, v.name
		}
	}
	return found
}

// distance counts insertions, deletions, replacements and swaps of neighbours.
func distance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
