package profile

import (
	"cmp"
	"math"
	"slices"
)

// The types of a column: the narrowest one that every value has.
const (
	Integer  = "integer"
	Number   = "number"
	Boolean  = "boolean"
	Date     = "date"     // 2026-03-01
	DateTime = "datetime" // 2026-03-01T12:00:00Z, or with a space and without a zone
	Text     = "text"
	Empty    = "empty" // nothing but missing values
)

// Column is the summary of one column.
type Column struct {
	Name         string             `json:"name"`
	Type         string             `json:"type"`
	Declared     string             `json:"declared,omitempty"` // the type that the file itself gives it
	Rows         int64              `json:"rows"`
	Missing      int64              `json:"missing"`
	Distinct     int                `json:"distinct"`
	DistinctMore bool               `json:"distinct_more,omitempty"` // there are more; Distinct is where counting ended
	Unique       bool               `json:"unique,omitempty"`        // every row has its own value, and none is missing
	Repeated     bool               `json:"repeated,omitempty"`      // some value is there twice
	Min          any                `json:"min,omitempty"`           // a number, or a text for dates
	Max          any                `json:"max,omitempty"`
	Mean         *float64           `json:"mean,omitempty"`
	Std          *float64           `json:"std,omitempty"` // of the sample
	Quantiles    map[string]float64 `json:"quantiles,omitempty"`
	Categories   []Category         `json:"categories,omitempty"` // the most frequent values
	Histogram    *Histogram         `json:"histogram,omitempty"`
	Shortest     int                `json:"shortest,omitempty"` // characters, of texts
	Longest      int                `json:"longest,omitempty"`
	Approximate  bool               `json:"approximate,omitempty"` // quantiles and histogram are close, not exact
}

// Category is a value and how often it is there.
type Category struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Histogram counts the numbers between edges; the last bin holds its upper edge too.
type Histogram struct {
	Edges  []float64 `json:"edges"`
	Counts []int64   `json:"counts"`
}

const (
	maxDistinct   = 10_000
	maxDistinctIn = 1 << 20 // bytes of all distinct values together

	sharedDistinct   = 100 * maxDistinct   // of all columns of a table
	sharedDistinctIn = 100 * maxDistinctIn // bytes
	maxCategories    = 20
	maxValueShown    = 200 // bytes
	bins             = 20
)

// quantiles that a profile tells, by their names.
var quantiles = map[string]float64{"p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}

// missingWords stand for "not known".
var missingWords = map[string]bool{"": true, "NA": true, "N/A": true, "n/a": true, "NaN": true, "nan": true, "null": true, "NULL": true, "None": true}

func (s *summary) kind() string {
	switch s.present {
	case 0:
		return Empty
	case s.integers:
		return Integer
	case s.numbers:
		return Number
	case s.bools:
		return Boolean
	case s.days:
		return Date
	case s.days + s.times:
		return DateTime
	}
	return Text
}

// column writes the summary down.
func (s *summary) column(name string, rows int64) Column {
	c := Column{
		Name: name, Type: s.kind(), Rows: rows, Missing: s.missing, Distinct: len(s.values), DistinctMore: s.more,
		Repeated: s.repeated, Unique: rows > 0 && s.missing == 0 && !s.more && !s.repeated,
	}
	switch c.Type {
	case Integer, Number:
		s.numeric(&c)
	case Date, DateTime:
		c.Min, c.Max = s.first, s.last
	case Text:
		c.Shortest, c.Longest = s.shortest, s.longest
	}
	if !s.more && (c.Type != Number && len(s.values) < maxDistinct || len(s.values) <= maxCategories) && !c.Unique {
		c.Categories = s.categories()
	}
	return c
}

func (s *summary) numeric(c *Column) {
	c.Min, c.Max, c.Mean = s.min, s.max, finite(s.origin+s.mean)
	if s.numbers > 1 {
		c.Std = finite(math.Sqrt(s.m2 / float64(s.numbers-1)))
	}
	all := s.sketch.sorted()
	c.Approximate, c.Quantiles = len(s.sketch.levels) > 1, map[string]float64{}
	for name, q := range quantiles {
		c.Quantiles[name] = quantile(all, s.numbers, q)
	}
	c.Histogram = histogram(all, s.min, s.max)
}

// finite is nil for what numbers near the end of their range add up to.
func finite(f float64) *float64 {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil
	}
	return &f
}

func histogram(all []weighted, least, most float64) *Histogram {
	n := bins
	width := (most - least) / bins
	if least == most || math.IsInf(most-least, 0) || width == 0 {
		n, width = 1, most-least
	}
	h := &Histogram{Counts: make([]int64, n), Edges: make([]float64, n+1)}
	for i := range h.Edges {
		h.Edges[i] = least + float64(i)*width
	}
	h.Edges[0], h.Edges[n] = least, most
	for _, w := range all {
		i := 0
		if n > 1 {
			i = min(n-1, int((w.value-least)/width))
		}
		h.Counts[i] += w.weight
	}
	return h
}

func (s *summary) categories() []Category {
	list := make([]Category, 0, len(s.values))
	for v, n := range s.values {
		list = append(list, Category{v, n})
	}
	slices.SortFunc(list, func(a, b Category) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	list = list[:min(len(list), maxCategories)]
	for i := range list {
		list[i].Value = list[i].Value[:min(len(list[i].Value), maxValueShown)]
	}
	return list
}
