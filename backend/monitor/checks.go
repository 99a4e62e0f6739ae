package monitor

import (
	"sort"

	"rondo/backend/monitor/stat"
)

// checks asks of a column what no distance shows: are more values missing, outside
// the range, or new than in training, and by more than chance?
func checks(c *column, cur *series, rule Config) []Check {
	if c.role == RolePrediction || c.role == RoleScore || cur.rows == 0 {
		return nil
	}
	var out []Check
	if c.ref.missing+cur.missing > 0 {
		out = append(out, Check{
			Code: CheckMissing, Baseline: share(c.ref.missing, c.ref.rows), Window: share(cur.missing, cur.rows),
			P: stat.FisherGreater(c.ref.missing, c.ref.rows, cur.missing, cur.rows),
		})
	}
	if c.kind == KindNumeric {
		out = append(out, outOfRange(c.ref.sample, cur.sample)...)
	} else {
		out = append(out, newCategory(c.ref.counts, cur.counts)...)
	}
	for i := range out {
		out[i].Threshold, out[i].Reason = rule.Drift[out[i].Code], reasons[out[i].Code]
	}
	return out
}

// outOfRange counts values outside the baseline's range. A fresh value of the same
// distribution falls there with probability 2/(n+1), whatever the distribution is.
func outOfRange(ref, cur stat.Sample) []Check {
	if len(ref) == 0 || len(cur) == 0 {
		return nil
	}
	below := sort.SearchFloat64s(cur, ref[0])
	above := len(cur) - sort.Search(len(cur), func(i int) bool { return cur[i] > ref[len(ref)-1] })
	if below+above == 0 {
		return nil
	}
	p := stat.BinomialTail(below+above, len(cur), 2/float64(len(ref)+1))
	return []Check{{Code: CheckOutOfRange, Window: share(below+above, len(cur)), P: p}}
}

// newCategory counts values of categories that the baseline has not. By Good and
// Turing such a value is expected as often as categories were seen exactly once.
func newCategory(ref, cur map[string]int) []Check {
	total, once := 0, 1
	for _, n := range ref {
		if total += n; n == 1 {
			once++
		}
	}
	rows, fresh := 0, 0
	for k, n := range cur {
		if rows += n; ref[k] == 0 {
			fresh += n
		}
	}
	if total == 0 || fresh == 0 {
		return nil
	}
	p := stat.BinomialTail(fresh, rows, float64(once)/float64(total+1))
	return []Check{{Code: CheckNewCategory, Window: share(fresh, rows), P: p}}
}

func share(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}
