package stat

import "math"

// KSTwoSurvival is P(D_n ≥ x) of the two-sided one-sample Kolmogorov–Smirnov
// statistic for n values. It chooses the method by region as Simard and L'Ecuyer
// (2011) do: Durbin's matrix, the Pelz–Good expansion, or twice the one-sided sum.
func KSTwoSurvival(x float64, n int) float64 {
	t := float64(n) * x
	switch nxx := t * x; {
	case n <= 0 || math.IsNaN(x) || t <= 0.5:
		return 1
	case x >= 1 || nxx >= 370:
		return 0
	case t <= 1: // Ruben–Gambino
		return probability(1 - math.Exp(lgamma(n+1)+float64(n)*math.Log((2*t-1)/float64(n))))
	case t >= float64(n-1):
		return probability(2 * math.Pow(1-x, float64(n)))
	case x >= 0.5, n <= 140 && nxx > 4, n > 140 && nxx >= 2.2:
		return probability(2 * smirnov(n, x))
	case n <= 140, n <= 100_000 && float64(n)*math.Pow(x, 1.5) <= 1.4:
		return probability(1 - durbin(n, x))
	default:
		return probability(1 - pelzGood(n, x))
	}
}

func lgamma(n int) float64 {
	v, _ := math.Lgamma(float64(n))
	return v
}

// smirnov is the exact one-sided P(D⁺ ≥ x), a sum of positive terms.
func smirnov(n int, x float64) float64 {
	fn, sum := float64(n), 0.0
	logFact := lgamma(n + 1)
	for j := 0; float64(j) < fn*(1-x); j++ {
		fj := float64(j)
		log := logFact - lgamma(j+1) - lgamma(n-j+1) +
			(fn-fj)*math.Log1p(-x-fj/fn) + (fj-1)*math.Log(x+fj/fn)
		sum += math.Exp(log)
	}
	return x * sum
}

// pelzGood is the asymptotic expansion of P(D_n < x) to the order n^(−3/2)
// (Pelz and Good 1976); accurate to about 1e-10 where it is used.
func pelzGood(n int, x float64) float64 {
	const terms = 21
	p2 := math.Pi * math.Pi
	p4, p6 := p2*p2, p2*p2*p2
	root := math.Sqrt(float64(n))
	z := root * x
	z2, z4, z6 := z*z, z*z*z*z, z*z*z*z*z*z
	var k0, k1, k2a, k2b, k3a, k3b float64
	for j := range terms {
		h := (float64(j) + 0.5) * (float64(j) + 0.5) // odd half-integers
		e := math.Exp(-h * p2 / (2 * z2))
		k0 += e
		k1 += (p2*h - z2) * e
		k2a += (6*z6 + 2*z4 + p2*(2*z4-5*z2)*h + p4*(1-2*z2)*h*h) * e
		k3a += (-30*z6 - 90*z6*z2 + p2*(135*z4-96*z6)*h + p4*(212*z4-60*z2)*h*h + p6*h*h*h*(5-30*z2)) * e
		i := float64(j+1) * float64(j+1)
		e = math.Exp(-i * p2 / (2 * z2))
		k2b += p2 * i * e
		k3b += (3*p2*i*z2 - p4*i*i) * e
	}
	c := math.Sqrt(math.Pi / 2)
	fn := float64(n)
	return 2*c/z*k0 + c*k1/(root*3*z4) + c*k2a/(fn*36*z*z6) - c*k2b/(fn*18*z*z2) +
		c*k3a/(root*fn*3240*z4*z6) + c*k3b/(root*fn*108*z6)
}
