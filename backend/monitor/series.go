package monitor

import (
	"rondo/backend/monitor/stat"
)

// series is one side of one column: the values of the baseline or of a window.
type series struct {
	rows    int
	missing int
	numbers []float64
	counts  map[string]int
	sample  stat.Sample // of numbers, sorted; set by seal
}

func (s *series) add(kind string, v any) {
	s.rows++
	if missing(v) {
		s.missing++
		return
	}
	if kind == KindNumeric {
		if f, ok := number(v); ok {
			s.numbers = append(s.numbers, f)
		} else {
			s.missing++
		}
		return
	}
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	s.counts[name(v)]++
}

// seal sorts the numbers once all are there.
func (s *series) seal() {
	s.sample, s.numbers = stat.New(s.numbers), nil
}

func (s *series) summary(kind string) Summary {
	out := Summary{Rows: s.rows, Missing: s.missing, Distinct: len(s.counts)}
	if kind != KindNumeric {
		return out
	}
	out.Distinct = s.sample.Distinct()
	if len(s.sample) == 0 {
		return out
	}
	at := func(q float64) *float64 { v := s.sample.Quantile(q); return &v }
	mean, std := s.sample.Mean(), s.sample.Std()
	out.Mean, out.Std = &mean, &std
	out.Min, out.P25, out.Median, out.P75, out.Max = at(0), at(0.25), at(0.5), at(0.75), at(1)
	return out
}
