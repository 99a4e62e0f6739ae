package profile

import (
	"math"
	"strings"

	"rondo/backend/dataset/table"
)

const (
	sampledRows    = 20_000    // at most, of one table
	sampledCells   = 2_000_000 // at most, which is 24 MB
	sampledColumns = 200       // the first ones
	maxLevels      = 50        // different words of a column that is taken as categories
)

// rowSample keeps whole rows of a table, as numbers and as categories: all while they are
// few, then those whose number, scrambled, ends in enough zeros. It draws no random
// numbers, so the same data always has the same profile, and no period in the data meets one.
type rowSample struct {
	columns []sampled
	limit   int
	seen    uint64
	kept    []uint64 // the scrambled numbers of the rows
	mask    uint64
	plain   func(string) string // what a field says to programs
}

// sampled is a column of the sample.
type sampled struct {
	numbers []float64 // NaN for what is none
	levels  []uint8   // 0: missing; maxLevels+1: a word too many
	words   map[string]uint8
}

func newRowSample(columns int, plain func(string) string) *rowSample {
	n := min(columns, sampledColumns)
	s := &rowSample{columns: make([]sampled, n), limit: min(sampledRows, sampledCells/max(n, 1)), plain: plain}
	for i := range s.columns {
		s.columns[i].words = map[string]uint8{}
	}
	return s
}

// scramble is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func scramble(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func (s *rowSample) add(row []string) {
	h := scramble(s.seen)
	s.seen++
	for h&s.mask == 0 {
		if len(s.kept) < s.limit {
			s.keep(h, row)
			return
		}
		s.halve()
	}
}

func (s *rowSample) keep(h uint64, row []string) {
	s.kept = append(s.kept, h)
	for i := range s.columns {
		s.columns[i].add(strings.TrimSpace(row[i]), s.plain)
	}
}

func (c *sampled) add(v string, plain func(string) string) {
	f, level := math.NaN(), uint8(0)
	if !missingWords[v] {
		if n, ok := table.Number(plain(v)); ok {
			f = n
		}
		level = c.level(v)
	}
	c.numbers, c.levels = append(c.numbers, f), append(c.levels, level)
}

func (c *sampled) level(v string) uint8 {
	l, ok := c.words[v]
	switch {
	case ok:
		return l
	case len(c.words) == maxLevels:
		return maxLevels + 1
	}
	l = uint8(len(c.words) + 1)
	c.words[strings.Clone(v)] = l
	return l
}

// halve gives up about every second row.
func (s *rowSample) halve() {
	s.mask = s.mask<<1 | 1
	n := 0
	for i, h := range s.kept {
		if h&s.mask != 0 {
			continue
		}
		s.kept[n] = h
		for k := range s.columns {
			c := &s.columns[k]
			c.numbers[n], c.levels[n] = c.numbers[i], c.levels[i]
		}
		n++
	}
	s.kept = s.kept[:n]
	for k := range s.columns {
		c := &s.columns[k]
		c.numbers, c.levels = c.numbers[:n], c.levels[:n]
	}
}

// categorical reports whether the column has few enough different words, and more than one.
func (c *sampled) categorical() bool {
	return len(c.words) > 1 && len(c.words) <= maxLevels && !c.overflown()
}

func (c *sampled) overflown() bool {
	for _, l := range c.levels {
		if l == maxLevels+1 {
			return true
		}
	}
	return false
}
