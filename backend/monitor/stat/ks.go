package stat

import "math"

// Test is the outcome of a significance test. P is 1 where nothing can be said.
type Test struct {
	Statistic float64
	P         float64
	Exact     bool
	DF        int // degrees of freedom, where the test has them
}

const exactLimit = 10_000 // larger samples use the asymptotic p, as SciPy does

// KS is the two-sided two-sample Kolmogorov–Smirnov test: the largest vertical
// distance between the two empirical distribution functions. Its p is exact (by
// counting lattice paths) up to 10,000 values a side and asymptotic above.
func KS(a, b Sample) Test {
	d, ok := ksDistance(a, b)
	if !ok {
		return Test{P: 1}
	}
	if max(len(a), len(b)) <= exactLimit {
		return Test{Statistic: d, P: ksExact(d, len(a), len(b)), Exact: true}
	}
	return Test{Statistic: d, P: KSAsymptotic(d, len(a), len(b))}
}

// ksDistance is sup|Fa−Fb|; false where a sample is empty.
func ksDistance(a, b Sample) (d float64, ok bool) {
	if len(a) == 0 || len(b) == 0 {
		return 0, false
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		x := math.Min(a[i], b[j])
		for i < len(a) && a[i] == x {
			i++
		}
		for j < len(b) && b[j] == x {
			j++
		}
		d = math.Max(d, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return d, true
}

// KSAsymptotic is the p of distance d by the one-sample distribution of the
// effective size n·m/(n+m), as SciPy's ks_2samp(method="asymp").
func KSAsymptotic(d float64, n, m int) float64 {
	if n <= 0 || m <= 0 {
		return 1
	}
	en := math.RoundToEven(float64(n) / float64(n+m) * float64(m))
	return KSTwoSurvival(d, int(math.Max(1, en)))
}

// ksExact is P(D ≥ d) over all orders of n+m values that are equally likely.
func ksExact(d float64, n, m int) float64 {
	g := gcd(n, m)
	lcm := float64(n/g) * float64(m)
	h := int(math.Round(d * lcm))
	if h == 0 {
		return 1
	}
	if n == m {
		return probability(outsideSquare(n, h/(n/g)))
	}
	return probability(outsideBand(n, m, g, h))
}

// outsideSquare is the closed form for equal sizes: reflections at the lines h and −h.
func outsideSquare(n, h int) float64 {
	p := 0.0
	for k := n / h; k >= 0; k-- {
		term := 1.0
		for j := range h {
			term = float64(n-k*h-j) * term / float64(n+k*h+j+1)
		}
		p = term * (1 - p)
	}
	return 2 * p
}

// outsideBand is the share of lattice paths from (0,0) to (m,n) that leave the
// band |n·x − m·y| < h·g, column by column; a holds that share per cell of the
// band (Hodges 1958; the same recursion as SciPy's, stable for small p).
func outsideBand(m, n, g, h int) float64 {
	if m < n {
		m, n = n, m
	}
	mg, ng := m/g, n/g
	lo, hi := 0, min(ceilDiv(h, mg), n+1)
	a := make([]float64, n+2)
	for i := range a {
		a[i] = 1
	}
	clear(a[:hi])
	for i := 1; i <= m; i++ {
		last, lastLen := lo, hi-lo
		lo = min(max(floorDiv(ng*i-h, mg)+1, 0), n)
		hi = min(ceilDiv(ng*i+h, mg), n+1)
		if hi <= lo {
			return 1
		}
		nextColumn(a, i, lo, hi, lo-last)
		for k := hi - lo; k < lastLen; k++ {
			a[k] = 1
		}
	}
	return a[hi-lo-1]
}

// nextColumn replaces column i−1 of the band by column i in place.
func nextColumn(a []float64, i, lo, hi, shift int) {
	val := 0.0
	if lo > 0 {
		val = 1
	}
	for jj := range hi - lo {
		j, left := jj+lo, 1.0
		if jj+shift < len(a) {
			left = a[jj+shift]
		}
		val = (left*float64(i) + val*float64(j)) / float64(i+j)
		a[jj] = val
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func floorDiv(a, b int) int { return int(math.Floor(float64(a) / float64(b))) }
func ceilDiv(a, b int) int  { return int(math.Ceil(float64(a) / float64(b))) }
