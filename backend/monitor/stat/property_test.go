package stat_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"rondo/backend/monitor/stat"
)

var awkward = [][]float64{
	nil,
	{},
	{0},
	{1, 1, 1, 1},
	{math.NaN()},
	{math.Inf(1), math.Inf(-1)},
	{math.NaN(), 1, 2, math.Inf(1)},
	{math.MaxFloat64, -math.MaxFloat64},
	{math.SmallestNonzeroFloat64, 0},
	{math.Copysign(0, -1), 0},
	{1, 2, 3, 4, 5, 6, 7, 8, 9, 1e300},
}

func TestAwkwardSamplesGiveFiniteAnswers(t *testing.T) {
	for _, x := range awkward {
		for _, y := range awkward {
			checkFinite(t, stat.New(x), stat.New(y))
		}
	}
}

func checkFinite(t *testing.T, a, b stat.Sample) {
	t.Helper()
	edges := sturges(a, b)
	ca, _, _ := stat.Histogram(a, edges)
	cb, _, _ := stat.Histogram(b, edges)
	cuts := stat.QuantileEdges(a, 10)
	ks, chi := stat.KS(a, b), stat.Chi2(ca, cb)
	for name, v := range map[string]float64{
		"D": ks.Statistic, "p": ks.P, "chi2": chi.Statistic, "chi2 p": chi.P, "V": chi.CramerV,
		"psi": stat.PSI(stat.Cut(a, cuts), stat.Cut(b, cuts)), "js": stat.JensenShannon(ca, cb),
		"wd": stat.WassersteinNormed(a, b), "mean": a.Mean(), "std": a.Std(), "q": a.Quantile(0.3),
	} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s of %v and %v is %v", name, a, b, v)
		}
	}
}

func TestPropertiesOfRandomSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		a, b := draw(r), draw(r)
		checkPair(t, a, b)
		checkSelf(t, a)
	}
}

func draw(r *rand.Rand) stat.Sample {
	xs := make([]float64, 1+r.IntN(200))
	step := []float64{1e-9, 0.25, 1}[r.IntN(3)] // with and without ties
	for i := range xs {
		xs[i] = math.Round((r.NormFloat64()+r.Float64())/step) * step
	}
	return stat.New(xs)
}

func checkPair(t *testing.T, a, b stat.Sample) {
	t.Helper()
	ab, ba := stat.KS(a, b), stat.KS(b, a)
	if math.Abs(ab.Statistic-ba.Statistic) > 1e-12 || math.Abs(ab.P-ba.P) > 1e-9 {
		t.Errorf("KS is not symmetric: %+v, %+v", ab, ba)
	}
	if ab.P < 0 || ab.P > 1 || ab.Statistic < 0 || ab.Statistic > 1 {
		t.Errorf("KS out of range: %+v", ab)
	}
	close(t, "Wasserstein symmetry", stat.Wasserstein(a, b), stat.Wasserstein(b, a), 1e-9)
	edges := sturges(a, b)
	ca, below, above := stat.Histogram(a, edges)
	if n := sum(ca) + below + above; n != len(a) || below+above > 0 {
		t.Errorf("the histogram holds %d of %d values", n, len(a))
	}
	if n := sum(stat.Cut(a, stat.QuantileEdges(b, 10))); n != len(a) {
		t.Errorf("the cut holds %d of %d values", n, len(a))
	}
}

func checkSelf(t *testing.T, a stat.Sample) {
	t.Helper()
	ks := stat.KS(a, a)
	ca, _, _ := stat.Histogram(a, sturges(a, a))
	if ks.Statistic != 0 || ks.P != 1 || stat.Wasserstein(a, a) != 0 || stat.PSI(ca, ca) != 0 || stat.JensenShannon(ca, ca) != 0 || stat.Chi2(ca, ca).P < 0.999 {
		t.Errorf("a sample differs from itself: %+v", ks)
	}
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// TestExactAndAsymptoticAgree ties the two ways to compute p together where both hold.
func TestExactAndAsymptoticAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		a, b := stat.New(normal(r, 3000, 0)), stat.New(normal(r, 2900, 0.05))
		ks := stat.KS(a, b)
		if as := stat.KSAsymptotic(ks.Statistic, len(a), len(b)); math.Abs(as-ks.P) > 0.02 {
			t.Errorf("exact p %v, asymptotic %v", ks.P, as)
		}
	}
}

func normal(r *rand.Rand, n int, shift float64) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = r.NormFloat64() + shift
	}
	return xs
}

func TestSurvivalFallsEverywhere(t *testing.T) {
	for _, n := range []int{1, 2, 5, 20, 139, 140, 141, 500, 5000, 100000} {
		last := 1.0
		for i := 1; i <= 100; i++ {
			x := float64(i) / 100
			if n > 1000 {
				x /= 20
			}
			p := stat.KSTwoSurvival(x, n)
			if !(p >= 0 && p <= last+1e-9) {
				t.Fatalf("n=%d: survival at %v is %v after %v", n, x, p, last)
			}
			last = p
		}
	}
}

func TestRareCategoriesArePooled(t *testing.T) {
	stray := stat.Chi2([]int{500, 480, 0, 0}, []int{50, 49, 1, 0})
	if stray.P < 0.01 {
		t.Errorf("one stray new category gave p = %v", stray.P)
	}
	if stat.Chi2([]int{500, 480}, []int{90, 10}).P > 1e-6 {
		t.Error("a strong shift was not seen")
	}
}
