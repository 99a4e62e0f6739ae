package cli_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhatReproMakesIsThereForTheNextVerb: a script need not wait until a model is registered and judged.
func TestWhatReproMakesIsThereForTheNextVerb(t *testing.T) {
	w := newWorld(t)
	w.ok("trust", "--yes")
	for n := 1; n <= 4; n++ {
		args := []string{"repro", "-S", fmt.Sprintf("train.l2=%d", n)}
		if n%2 == 0 {
			args = append(args, "--json")
		}
		r := w.run(args...)
		if r.code != 0 || n%2 == 1 && !strings.Contains(r.out, "weather: version ") {
			t.Fatalf("%v: %+v", args, r)
		}
		w.check([]expect{{fmt.Sprintf("model show weather %d", n), 0, []string{"Judged"}}, {"decisions", 0, []string{"promot"}}})
	}
	if r := w.run("repro"); r.code != 0 || strings.Contains(r.out+r.err, "weather: version") || strings.Contains(r.err, "still being judged") {
		t.Errorf("nothing is new: %+v", r)
	}
}
