package search

import (
	"cmp"
	"strings"
)

// Cells is one column of a table that is kept in memory: a number or a text for each
// row, which is a small whole number. Equal texts are kept once.
type Cells struct {
	number  bool
	state   []cellState
	numbers []float64
	codes   []uint32
	texts   []string
	known   map[string]uint32
	bytes   int
}

type cellState uint8

const (
	missing cellState = iota // the row has no such key
	null                     // NaN, or an attribute without a value
	filled
)

// NewCells returns an empty column.
func NewCells(number bool) *Cells {
	return &Cells{number: number, known: map[string]uint32{}}
}

// Bytes estimates the memory it takes.
func (c *Cells) Bytes() int {
	return len(c.state) + 8*len(c.numbers) + 4*len(c.codes) + c.bytes
}

// Grow makes room for rows below n.
func (c *Cells) Grow(n int) {
	if n <= len(c.state) {
		return
	}
	c.state = append(c.state, make([]cellState, n-len(c.state))...)
	if c.number {
		c.numbers = append(c.numbers, make([]float64, n-len(c.numbers))...)
	} else {
		c.codes = append(c.codes, make([]uint32, n-len(c.codes))...)
	}
}

// Clear leaves a row without a value.
func (c *Cells) Clear(row int) { c.state[row] = missing }

// Null sets a row to a value that is none.
func (c *Cells) Null(row int) { c.state[row] = null }

// Number sets a row; NaN is null.
func (c *Cells) Number(row int, v float64) {
	c.numbers[row], c.state[row] = v, filled
	if v != v {
		c.state[row] = null
	}
}

// Text sets a row.
func (c *Cells) Text(row int, s string) {
	code, known := c.known[s]
	if !known {
		s = strings.Clone(s)
		code = uint32(len(c.texts))
		c.texts = append(c.texts, s)
		c.known[s] = code
		c.bytes += 2*len(s) + 64
	}
	c.codes[row], c.state[row] = code, filled
}

// Order compares two rows as OrderBy does in SQL: what is missing last and null before
// it, in both directions.
func (c *Cells) Order(a, b int32, desc bool) int {
	if n := cmp.Compare(c.state[b], c.state[a]); n != 0 || c.state[a] != filled {
		return n
	}
	var n int
	if c.number {
		n = cmp.Compare(c.numbers[a], c.numbers[b])
	} else if c.codes[a] != c.codes[b] {
		n = strings.Compare(c.texts[c.codes[a]], c.texts[c.codes[b]])
	}
	if desc {
		return -n
	}
	return n
}

// Keep leaves those rows of a list for which a clause on the column holds.
func (c *Cells) Keep(rows []int32, clause Clause) []int32 {
	if c.number {
		return c.keepNumbers(rows, clause)
	}
	holds := make([]int8, len(c.texts)) // -1 and 1 once it is known
	out := rows[:0]
	for _, r := range rows {
		if c.state[r] != filled {
			continue
		}
		code := c.codes[r]
		if holds[code] == 0 {
			holds[code] = -1
			if clause.holdsText(c.texts[code]) {
				holds[code] = 1
			}
		}
		if holds[code] > 0 {
			out = append(out, r)
		}
	}
	return out
}

func (c *Cells) keepNumbers(rows []int32, clause Clause) []int32 {
	want, out := clause.Values[0].Number, rows[:0]
	for _, r := range rows {
		if s := c.state[r]; s == filled && holdsNumber(clause.Op, c.numbers[r], want) || s == null && clause.Op == "!=" {
			out = append(out, r)
		}
	}
	return out
}

// HoldsNumber reports whether v, which may be NaN, is what a clause about a number asks for.
func (c Clause) HoldsNumber(v float64) bool { return holdsNumber(c.Op, v, c.Values[0].Number) }

func holdsNumber(op string, v, want float64) bool {
	switch op {
	case "=":
		return v == want
	case "!=":
		return v != want
	case "<":
		return v < want
	case "<=":
		return v <= want
	case ">":
		return v > want
	case ">=":
		return v >= want
	}
	return false
}

func (c Clause) holdsText(s string) bool {
	switch want := c.Values[0].Text; c.Op {
	case "=":
		return s == want
	case "!=":
		return s != want
	case "LIKE":
		return like(s, want)
	case "ILIKE":
		return like(lower(s), lower(want))
	case "IN", "NOT IN":
		for _, v := range c.Values {
			if s == v.Text {
				return c.Op == "IN"
			}
		}
		return c.Op == "NOT IN"
	}
	return false
}

// lower is SQLite's: of ASCII only.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// like compares with a pattern in which % stands for anything and _ for one character.
func like(s, pattern string) bool {
	text, want := []rune(s), []rune(pattern)
	i, j, star, back := 0, 0, -1, 0
	for i < len(text) {
		switch {
		case j < len(want) && want[j] == '%':
			star, back = j, i
			j++
		case j < len(want) && (want[j] == '_' || want[j] == text[i]):
			i, j = i+1, j+1
		case star >= 0:
			back++
			i, j = back, star+1
		default:
			return false
		}
	}
	for j < len(want) && want[j] == '%' {
		j++
	}
	return j == len(want)
}
