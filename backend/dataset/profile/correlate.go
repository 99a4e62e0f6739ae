package profile

import "math"

// Association is how strongly the columns of one sort go together, each with each.
type Association struct {
	Method  string       `json:"method"` // pearson, of numbers: −1 to 1; cramers_v, of categories: 0 to 1
	Columns []string     `json:"columns"`
	Values  [][]*float64 `json:"values"`            // null where it is not defined, such as for a column that never changes
	Rows    int64        `json:"rows"`              // that were looked at
	Sampled bool         `json:"sampled,omitempty"` // Rows are a part of the table, chosen evenly
	Left    int          `json:"left,omitempty"`    // columns of the sort that are too many to be compared
}

// The measures of association.
const (
	Pearson  = "pearson"
	CramersV = "cramers_v"
)

const maxAssociated = 60 // columns of one sort

// associations measures numbers against numbers and categories against categories. A row
// counts for a pair where neither value is missing.
func (s *rowSample) associations(columns []Column) []Association {
	out := []Association{}
	for _, a := range []struct {
		method string
		takes  func(i int, c Column) bool
		of     func(a, b *sampled) *float64
	}{
		{Pearson, func(_ int, c Column) bool { return c.Type == Integer || c.Type == Number }, pearson},
		{CramersV, func(i int, c Column) bool { return s.isCategories(i, c) }, cramersV},
	} {
		if found := s.associate(columns, a.takes, a.of); len(found.Columns) > 1 {
			found.Method = a.method
			out = append(out, found)
		}
	}
	return out
}

func (s *rowSample) isCategories(i int, c Column) bool {
	return (c.Type == Text || c.Type == Boolean) && i < len(s.columns) && s.columns[i].categorical()
}

func (s *rowSample) associate(columns []Column, takes func(int, Column) bool, of func(a, b *sampled) *float64) Association {
	out := Association{Columns: []string{}, Rows: int64(len(s.kept)), Sampled: s.mask != 0}
	var which []int
	for i, c := range columns {
		switch {
		case !takes(i, c):
		case i >= len(s.columns) || len(which) == maxAssociated:
			out.Left++
		default:
			which, out.Columns = append(which, i), append(out.Columns, c.Name)
		}
	}
	out.Values = make([][]*float64, len(which))
	for i := range which {
		out.Values[i] = make([]*float64, len(which))
		for j := range i + 1 {
			v := of(&s.columns[which[i]], &s.columns[which[j]])
			out.Values[i][j], out.Values[j][i] = v, v
		}
	}
	return out
}

// pearson is the product-moment correlation over the rows that have both numbers, in the
// one pass of Welford's that loses no digits to large means.
func pearson(a, b *sampled) *float64 {
	var n, meanA, meanB, aa, bb, ab float64
	for i, x := range a.numbers {
		y := b.numbers[i]
		if math.IsNaN(x) || math.IsNaN(y) {
			continue
		}
		n++
		dx, dy := x-meanA, y-meanB
		meanA += dx / n
		meanB += dy / n
		aa += dx * (x - meanA)
		bb += dy * (y - meanB)
		ab += dx * (y - meanB)
	}
	if aa <= 0 || bb <= 0 {
		return nil
	}
	return bounded(ab/(math.Sqrt(aa)*math.Sqrt(bb)), -1)
}

// bounded takes away what rounding leaves beyond the ends of a measure.
func bounded(v, least float64) *float64 {
	if v = math.Max(least, math.Min(1, v)); math.IsNaN(v) {
		return nil
	}
	return &v
}

// cramersV is Cramér's V with the correction for bias of Bergsma (2013), without which
// columns of many categories seem to go together.
func cramersV(a, b *sampled) *float64 {
	r, c := len(a.words), len(b.words)
	cells, rows, cols := make([]float64, r*c), make([]float64, r), make([]float64, c)
	n := 0.0
	for i, x := range a.levels {
		y := b.levels[i]
		if x == 0 || y == 0 {
			continue
		}
		n++
		rows[x-1]++
		cols[y-1]++
		cells[int(x-1)*c+int(y-1)]++
	}
	kr, kc := filled(rows), filled(cols)
	if kr < 2 || kc < 2 {
		return nil
	}
	phi := (chiSquare(cells, rows, cols, n))/n - (kr-1)*(kc-1)/(n-1)
	kr -= (kr - 1) * (kr - 1) / (n - 1)
	kc -= (kc - 1) * (kc - 1) / (n - 1)
	least := math.Min(kr-1, kc-1)
	if least <= 0 {
		return nil
	}
	return bounded(math.Sqrt(math.Max(0, phi)/least), 0)
}

func filled(counts []float64) (n float64) {
	for _, c := range counts {
		if c > 0 {
			n++
		}
	}
	return n
}

func chiSquare(cells, rows, cols []float64, n float64) (sum float64) {
	for i, r := range rows {
		for j, c := range cols {
			if want := r * c / n; want > 0 {
				d := cells[i*len(cols)+j] - want
				sum += d * d / want
			}
		}
	}
	return sum
}
