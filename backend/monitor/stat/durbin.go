package stat

import "math"

// durbin is the exact P(D_n < x) by Durbin's matrix, raised to the n-th power
// with a separate exponent (Marsaglia, Tsang and Wang 2003).
func durbin(n int, x float64) float64 {
	t := float64(n) * x
	k := int(t) + 1
	q, exp := power(durbinMatrix(k, float64(k)-t), n)
	s := q.at(k-1, k-1)
	for i := 1; i <= n; i++ {
		if s = s * float64(i) / float64(n); s < 1e-140 {
			s, exp = s*1e140, exp-140
		}
	}
	return s * math.Pow(10, float64(exp))
}

// square is a dense m×m matrix.
type square struct {
	m int
	v []float64
}

func (a square) at(i, j int) float64 { return a.v[i*a.m+j] }

func durbinMatrix(k int, h float64) square {
	m := 2*k - 1
	a := square{m, make([]float64, m*m)}
	for i := range m {
		for j := range min(i+2, m) {
			a.v[i*m+j] = 1
		}
	}
	for i := range m {
		a.v[i*m] -= math.Pow(h, float64(i+1))
		a.v[(m-1)*m+i] -= math.Pow(h, float64(m-i))
	}
	if 2*h-1 > 0 {
		a.v[(m-1)*m] += math.Pow(2*h-1, float64(m))
	}
	for i := range m {
		for j := range min(i+2, m) {
			a.v[i*m+j] /= math.Gamma(float64(i - j + 2))
		}
	}
	return a
}

// power is aⁿ = result·10^exp.
func power(a square, n int) (result square, exp int) {
	if n == 1 {
		return a, 0
	}
	half, e := power(a, n/2)
	r := times(half, half)
	e *= 2
	if n%2 == 1 {
		r = times(a, r)
	}
	if r.at(a.m/2, a.m/2) > 1e140 {
		for i := range r.v {
			r.v[i] *= 1e-140
		}
		e += 140
	}
	return r, e
}

func times(a, b square) square {
	m := a.m
	c := square{m, make([]float64, m*m)}
	for i := range m {
		for k := range m {
			if f := a.v[i*m+k]; f != 0 {
				for j := range m {
					c.v[i*m+j] += f * b.v[k*m+j]
				}
			}
		}
	}
	return c
}
