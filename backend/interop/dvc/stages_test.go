package dvc_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestLongNamesOfAMatrixKeepTheirEnds gives stages names that differ behind their hundredth letter.
func TestLongNamesOfAMatrixKeepTheirEnds(t *testing.T) {
	long := strings.Repeat("long-", 20)
	p := open(t, folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n",
		"dvc.yaml":    "stages:\n  " + long + ":\n    matrix:\n      size: [small, large]\n    cmd: echo ${item.size}\n",
	}))
	if got := slices.Sorted(maps.Keys(p.Stages())); !slices.Equal(got, []string{long + "@large", long + "@small"}) {
		t.Error(got)
	}
}
