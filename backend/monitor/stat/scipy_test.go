package stat_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"rondo/backend/monitor/stat"
)

const scipyScript = `
import json, sys, warnings
import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon
warnings.simplefilter("ignore")
out = []
for c in json.load(sys.stdin):
    a, b = np.array(c["a"], float), np.array(c["b"], float)
    e = np.histogram_bin_edges(np.concatenate([a, b]), "sturges")
    ha, hb = np.histogram(a, e)[0], np.histogram(b, e)[0]
    keep = ha + hb > 0
    x = stats.chi2_contingency([ha[keep], hb[keep]]) if keep.sum() > 1 else (0, 1, 0)
    out.append({
        "d": stats.ks_2samp(a, b).statistic, "exact": stats.ks_2samp(a, b, method="exact").pvalue,
        "asymp": stats.ks_2samp(a, b, method="asymp").pvalue, "wd": stats.wasserstein_distance(a, b),
        "bins": len(e) - 1, "ha": ha.tolist(), "js": jensenshannon(ha, hb, 2), "chi2": x[0], "chi2_p": x[1],
        "q": np.quantile(a, c["q"]), "std": a.std(), "sf": stats.kstwo.sf(c["x"], c["n"]),
        "bh": stats.false_discovery_control(c["p"]).tolist(), "binom": stats.binom.sf(c["k"] - 1, c["n"], c["q"]),
        "fisher": stats.fisher_exact([[c["k"], 40 - c["k"]], [9, 91]], "greater")[1],
    })
json.dump(out, sys.stdout)
`

type scipyCase struct {
	A []float64 `json:"a"`
	B []float64 `json:"b"`
	P []float64 `json:"p"`
	Q float64   `json:"q"`
	X float64   `json:"x"`
	N int       `json:"n"`
	K int       `json:"k"`
}

type scipyAnswer struct {
	D, Exact, Asymp, WD, JS, Chi2, Q, Std, SF, Binom, Fisher float64
	Chi2P                                                    float64 `json:"chi2_p"`
	Bins                                                     int
	HA                                                       []int
	BH                                                       []float64
}

func TestAgreesWithSciPy(t *testing.T) {
	python := os.Getenv("RONDO_PYTHON")
	if python == "" {
		t.Skip("RONDO_PYTHON names no Python with SciPy")
	}
	cases := scipyCases()
	in, _ := json.Marshal(cases)
	cmd := exec.Command(python, "-c", scipyScript)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("SciPy: %v", err)
	}
	var answers []scipyAnswer
	if err := json.Unmarshal(raw, &answers); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		compare(t, c, answers[i])
		if t.Failed() {
			t.Fatalf("case %d: %d and %d values, x=%v n=%d k=%d", i, len(c.A), len(c.B), c.X, c.N, c.K)
		}
	}
}

func scipyCases() []scipyCase {
	r := rand.New(rand.NewPCG(5, 6))
	cases := make([]scipyCase, 250)
	for i := range cases {
		c := &cases[i]
		c.A, c.B = draw(r), draw(r)
		if i%25 == 0 {
			c.A, c.B = normal(r, 1500, 0), normal(r, 700+r.IntN(900), 0.1)
		}
		c.P = make([]float64, 1+r.IntN(12))
		for j := range c.P {
			c.P[j] = r.Float64() * r.Float64()
		}
		c.N = []int{1 + r.IntN(10), 1 + r.IntN(150), 1 + r.IntN(3000), 1 + r.IntN(200000)}[i%4]
		c.Q, c.X, c.K = r.Float64(), r.Float64()/(0.3*sqrt(c.N)+1), 1+r.IntN(min(c.N, 30))
	}
	return cases
}

func compare(t *testing.T, c scipyCase, want scipyAnswer) {
	t.Helper()
	a, b := stat.New(c.A), stat.New(c.B)
	edges := sturges(a, b)
	ha, _, _ := stat.Histogram(a, edges)
	hb, _, _ := stat.Histogram(b, edges)
	ks, x := stat.KS(a, b), stat.Chi2Raw(ha, hb)
	near(t, "D", ks.Statistic, want.D, 1e-12)
	near(t, "exact p", ks.P, want.Exact, 1e-8)
	near(t, "asymptotic p", stat.KSAsymptotic(ks.Statistic, len(a), len(b)), want.Asymp, 1e-7)
	near(t, "kstwo", stat.KSTwoSurvival(c.X, c.N), want.SF, 1e-7)
	near(t, "Wasserstein", stat.Wasserstein(a, b), want.WD, 1e-9)
	near(t, "JS", stat.JensenShannon(ha, hb), want.JS, 1e-6)
	near(t, "chi2", x.Statistic, want.Chi2, 1e-9)
	near(t, "chi2 p", x.P, want.Chi2P, 1e-8)
	near(t, "quantile", a.Quantile(c.Q), want.Q, 1e-9)
	near(t, "std", a.Std(), want.Std, 1e-9)
	near(t, "binomial tail", stat.BinomialTail(c.K, c.N, c.Q), want.Binom, 1e-8)
	near(t, "Fisher", stat.FisherGreater(9, 100, c.K, 40), want.Fisher, 1e-8)
	for i, p := range stat.BenjaminiHochberg(c.P) {
		near(t, "BH", p, want.BH[i], 1e-12)
	}
	if len(ha) != want.Bins {
		t.Errorf("%d Sturges bins, want %d", len(ha), want.Bins)
	}
}
