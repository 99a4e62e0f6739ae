package dataset

import (
	"slices"
	"strings"
	"sync"

	"rondo/backend/dataset/rowdiff"
	"rondo/backend/dataset/table"
)

// compared is what is known of a table in two snapshots, with which rows differ.
type compared struct {
	TableDiff
	which rowdiff.Which
}

// comparisons remembers the last few: what two contents differ in stays so.
type comparisons struct {
	mu   sync.Mutex
	list []comparison
}

type comparison struct {
	id string
	compared
}

const comparisonsMost = 8 // of at most half a megabyte each

// comparisonOf names one by both contents, how they are read, and the columns that were asked for.
func comparisonOf(as table.File, f FileDiff, key []string) string {
	return strings.Join(append([]string{as.Path, string(as.Header), f.From.Digest.String(), f.To.Digest.String()}, key...), "\x00")
}

func (c *comparisons) get(id string) (compared, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.list, func(one comparison) bool { return one.id == id })
	if i < 0 {
		return compared{}, false
	}
	return c.list[i].compared, true
}

func (c *comparisons) put(id string, what compared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, comparison{id, what})
	c.list = c.list[max(0, len(c.list)-comparisonsMost):]
}
