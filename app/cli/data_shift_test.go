package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/profile"
)

// TestDataDiffTellsHowValuesMoved takes two snapshots, in which one column of numbers and
// one of words have moved, and two have not.
func TestDataDiffTellsHowValuesMoved(t *testing.T) {
	w := newWorld(t)
	table := func(base float64, cold int) string {
		var b strings.Builder
		b.WriteString("id,still,moved,kind,same\n")
		for i := range 400 {
			kind := "warm"
			if i%10 < cold {
				kind = "cold"
			}
			fmt.Fprintf(&b, "%d,%d,%g,%s,%s\n", i+int(base), i%37, base+float64(i%50)/10, kind, []string{"a", "b", "c"}[i%3])
		}
		return b.String()
	}
	writeAll(t, w.dir, map[string]string{"d.csv": table(0, 2)})
	w.ok("data", "add", "d.csv")
	w.ok("data", "snapshot", "d")
	writeAll(t, w.dir, map[string]string{"d.csv": table(3, 7)})
	w.ok("data", "snapshot", "d")

	var d dataset.Diff
	if err := json.Unmarshal([]byte(w.ok("data", "diff", "d", "--json")), &d); err != nil || len(d.Tables) != 1 {
		t.Fatalf("%+v %v", d, err)
	}
	got := map[string]profile.Shift{}
	for _, s := range d.Tables[0].Shifts {
		got[s.Column] = s
	}
	for name, want := range map[string]struct {
		test, effect string
		sure         bool
	}{"moved": {"ks", profile.EffectLarge, true}, "kind": {"chi2", profile.EffectLarge, true}, "still": {"ks", profile.EffectNone, false}, "same": {"chi2", profile.EffectNone, false}} {
		if s := got[name]; s.Test != want.test || s.Effect != want.effect || s.Significant != want.sure {
			t.Errorf("%s: %+v, want %+v", name, s, want)
		}
	}
	if s := got["moved"]; s.MeanFrom == nil || s.MeanTo == nil || *s.MeanTo-*s.MeanFrom < 2.9 || *s.MeanTo-*s.MeanFrom > 3.1 || s.Distance < 0.5 {
		t.Errorf("moved: %+v", s)
	}
	text := w.ok("data", "diff", "d")
	if !strings.Contains(text, "moved") || strings.Contains(text, "  still") {
		t.Errorf("the diff says\n%s", text)
	}
}
