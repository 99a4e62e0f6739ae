package stat_test

import (
	"math"
	"testing"

	"rondo/backend/monitor/stat"
)

// lcg is the generator behind the golden values, which SciPy 1.10 gave for the same draws.
func lcg(seed uint64, n int, power float64) []float64 {
	out := make([]float64, n)
	for i, x := 0, seed; i < n; i++ {
		x = (1103515245*x + 12345) % (1 << 31)
		out[i] = math.Pow(float64(x)/(1<<31), power)
	}
	return out
}

func close(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

func TestGoldenNumbers(t *testing.T) {
	ref, cur := stat.New(lcg(1, 800, 1)), stat.New(lcg(2, 600, 1.2))
	edges := sturges(ref, cur)
	r, _, _ := stat.Histogram(ref, edges)
	c, _, _ := stat.Histogram(cur, edges)
	if len(r) != 12 {
		t.Errorf("Sturges made %d bins, want 12", len(r))
	}
	ks := stat.KS(ref, cur)
	close(t, "D", ks.Statistic, 0.10375, 1e-12)
	close(t, "exact p", ks.P, 0.001163003757588487, 1e-9)
	close(t, "asymptotic p", stat.KSAsymptotic(ks.Statistic, 800, 600), 0.0011438785043808562, 1e-9)
	close(t, "PSI", stat.PSI(r, c), 0.07746434940477816, 1e-12)
	close(t, "JS base 2", stat.JensenShannon(r, c), 0.11768219817181709, 1e-12)
	close(t, "JS base e", stat.JensenShannon(r, c)*math.Sqrt(math.Ln2), 0.09797685673912031, 1e-12)
	close(t, "Wasserstein", stat.Wasserstein(ref, cur), 0.05063041348840698, 1e-12)
	close(t, "Wasserstein normed", stat.WassersteinNormed(ref, cur), 0.17754961879912526, 1e-12)
}

func TestGoldenLargeSample(t *testing.T) {
	ks := stat.KS(stat.New(lcg(3, 20000, 1)), stat.New(lcg(4, 15000, 1.02)))
	if ks.Exact {
		t.Error("20,000 values were counted exactly")
	}
	close(t, "D", ks.Statistic, 0.01205, 1e-10)
	close(t, "p", ks.P, 0.164553256101858, 1e-9)
}

func TestGoldenCategories(t *testing.T) {
	ref, cur := []int{196, 189, 205, 210}, []int{197, 131, 140, 132}
	x := stat.Chi2(ref, cur)
	close(t, "chi2", x.Statistic, 12.229038671422387, 1e-12)
	close(t, "p", x.P, 0.0066383701780747964, 1e-10)
	close(t, "JS base e", stat.JensenShannon(ref, cur)*math.Sqrt(math.Ln2), 0.06648913745732674, 1e-12)
	close(t, "PSI", stat.PSI(ref, cur), 0.03546409928745084, 1e-12)
	close(t, "Cramér's V", x.CramerV, math.Sqrt(12.229038671422387/1400), 1e-12)
}

// near allows a relative error, or an absolute one of 1e-12 close to zero.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)+1e-12) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

func sqrt(n int) float64 { return math.Sqrt(float64(n)) }
