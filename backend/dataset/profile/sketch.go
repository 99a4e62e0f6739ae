package profile

import "slices"

// sketch keeps enough of a stream of numbers to tell its quantiles: all of them while
// they are few, then every second one of a sorted buffer, whose weight doubles. It
// draws no random numbers, so the same data always has the same profile.
type sketch struct {
	size   int         // of a buffer
	levels [][]float64 // of weight 1, 2, 4 …
	odd    []bool      // which half a level keeps next
}

const (
	sketchSize      = 4096
	leastSketchSize = 256
	sketchColumns   = 1000 // of a table whose sketches are of that size; of more they share its room
)

// newSketch is that of one of so many columns.
func newSketch(columns int) sketch {
	return sketch{size: max(leastSketchSize, min(sketchSize, sketchSize*sketchColumns/max(columns, 1)&^1))}
}

func (s *sketch) add(v float64) { s.push(0, v) }

func (s *sketch) push(level int, v float64) {
	if level == len(s.levels) {
		s.levels, s.odd = append(s.levels, nil), append(s.odd, false)
	}
	s.levels[level] = append(s.levels[level], v)
	if len(s.levels[level]) < s.size {
		return
	}
	full := s.levels[level]
	slices.Sort(full)
	from := 0
	if s.odd[level] {
		from = 1
	}
	s.odd[level] = !s.odd[level]
	s.levels[level] = full[:0]
	for i := from; i < len(full); i += 2 {
		s.push(level+1, full[i]) // which never touches this level's buffer
	}
}

type weighted struct {
	value  float64
	weight int64
}

// sorted returns what is kept, by value.
func (s *sketch) sorted() []weighted {
	var all []weighted
	for level, values := range s.levels {
		for _, v := range values {
			all = append(all, weighted{v, 1 << level})
		}
	}
	slices.SortFunc(all, func(a, b weighted) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	return all
}

// quantile returns the value at the share q of the whole, between neighbours as most
// tools do it while every value is kept.
func quantile(all []weighted, total int64, q float64) float64 {
	at := q * float64(total-1)
	var before int64
	for i, w := range all {
		last := before + w.weight - 1 // the rank of the last value that this one stands for
		if at <= float64(last) || i == len(all)-1 {
			return w.value
		}
		if at < float64(last+1) {
			part := at - float64(last)
			return w.value*(1-part) + all[i+1].value*part // which cannot overflow
		}
		before += w.weight
	}
	return 0
}
