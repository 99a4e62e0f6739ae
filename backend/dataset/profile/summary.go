package profile

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"rondo/backend/dataset/table"
)

// summary gathers one column.
type summary struct {
	missing, present                      int64
	integers, numbers, bools, days, times int64

	min, max, origin float64
	mean, m2         float64 // of the distances from origin, the first number: large ones far from 0 lie close together
	sketch           sketch
	first, last      string // in the order of the alphabet, which is that of dates

	values   map[string]int64
	held     int // bytes of values
	most     int // of values
	room     int // bytes for values
	more     bool
	repeated bool
	written  string // the first number that people write otherwise than programs
	shortest int
	longest  int
}

// newSummary is that of one of so many columns, which share the room for distinct values.
func newSummary(columns int) *summary {
	return &summary{
		values: map[string]int64{}, shortest: math.MaxInt, sketch: newSketch(columns),
		most: min(maxDistinct, sharedDistinct/max(columns, 1)), room: min(maxDistinctIn, sharedDistinctIn/max(columns, 1)),
	}
}

// add gathers a field of a file that does not tell null, and what it says to programs.
func (s *summary) add(v, plain string) {
	if v = strings.TrimSpace(v); missing(v) {
		s.missing++
		return
	}
	if plain = strings.TrimSpace(plain); plain != v && s.written == "" {
		s.written = strings.Clone(v)
	}
	s.value(v, plain)
}

// value gathers what is there, which may be an empty text.
func (s *summary) value(v, plain string) {
	s.present++
	s.count(v)
	if f, ok := table.Number(plain); ok {
		s.number(f, plain)
	} else {
		s.word(v)
	}
	n := utf8.RuneCountInString(v)
	s.shortest, s.longest = min(s.shortest, n), max(s.longest, n)
}

// count keeps how often each value is there, until there are too many of them.
func (s *summary) count(v string) {
	if s.more && s.repeated {
		return // nothing else is told of them
	}
	if _, ok := s.values[v]; ok {
		s.values[v]++
		s.repeated = true
		return
	}
	if s.more || len(s.values) >= s.most || s.held+len(v) > s.room {
		s.more = true
		return
	}
	s.held += len(v)
	s.values[strings.Clone(v)] = 1
}

func (s *summary) number(f float64, v string) {
	if whole(v) {
		s.integers++
	}
	if v == "0" || v == "1" {
		s.bools++
	}
	if s.numbers++; s.numbers == 1 {
		s.min, s.max, s.origin = f, f, f
	}
	s.min, s.max = math.Min(s.min, f), math.Max(s.max, f)
	from := f - s.origin
	delta := from - s.mean
	s.mean += delta / float64(s.numbers)
	s.m2 += delta * (from - s.mean)
	s.sketch.add(f)
}

func (s *summary) word(v string) {
	switch {
	case strings.EqualFold(v, "true") || strings.EqualFold(v, "false"):
		s.bools++
	case table.IsDay(v):
		s.days++
	case table.IsTime(v):
		s.times++
	}
	if s.first == "" || v < s.first {
		s.first = strings.Clone(v)
	}
	if v > s.last {
		s.last = strings.Clone(v)
	}
}

// Missing reports whether a field of a file that does not tell null stands for "not known".
func Missing(v string) bool { return missing(strings.TrimSpace(v)) }

// missing knows that the longest of the words has four letters.
func missing(trimmed string) bool { return len(trimmed) <= 4 && missingWords[trimmed] }

// Value is a field as a database counts with it: nil, int64, float64, bool, or the text.
func Value(v string) any {
	trimmed := strings.TrimSpace(v)
	if missing(trimmed) {
		return nil
	}
	if whole(trimmed) {
		if n, err := strconv.ParseInt(trimmed, 10, 64); err == nil {
			return n
		}
	}
	if f, ok := table.Number(trimmed); ok {
		return f
	}
	if strings.EqualFold(trimmed, "true") || strings.EqualFold(trimmed, "false") {
		return len(trimmed) == len("true")
	}
	return v
}

// whole reports whether a text is made of digits, after a sign.
func whole(v string) bool {
	if v[0] == '-' || v[0] == '+' {
		v = v[1:]
	}
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return false
		}
	}
	return v != ""
}
