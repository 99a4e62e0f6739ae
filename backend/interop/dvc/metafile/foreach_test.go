package metafile_test

import (
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/metafile"
)

// TestAForeachOfManyCopiesNothingForEach: eight times as many stages take eight times the memory, and not
// sixty-four times.
func TestAForeachOfManyCopiesNothingForEach(t *testing.T) {
	takes := func(n int) uint64 {
		var items []string
		for i := range n {
			items = append(items, fmt.Sprintf("i%d", i))
		}
		text := "vars: [{many: [" + strings.Join(items, ", ") + "]}]\nstages:\n  each:\n    foreach: ${many}\n    do:\n      cmd: echo ${item}\n"
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := metafile.ReadPipeline("dvc.yaml", []byte(text), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
		runtime.ReadMemStats(&after)
		if err != nil || len(p.Stages) != n {
			t.Fatal(err)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if few, many := takes(200), takes(1600); many > 16*few {
		t.Errorf("200 stages take %d bytes, 1,600 take %d", few, many)
	}
}
