package table_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

type lists struct {
	ID   int64   `parquet:"id"`
	List []int64 `parquet:"list,list,dict"`
}

// listed is a file with as many rows as lengths, each with a list of that length.
func listed(t *testing.T, lengths ...int) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[lists](&b, parquet.Compression(&parquet.Zstd), parquet.PageBufferSize(1<<20))
	for i, n := range lengths {
		if _, err := w.Write([]lists{{int64(i), make([]int64, n)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAListOfMillionsInARow takes a few bytes of a file, and is not made room for. Many values in
// the lists of many rows are read.
func TestAListOfMillionsInARow(t *testing.T) {
	bomb := listed(t, 1, 5_000_000, 1)
	if len(bomb) > 1<<20 {
		t.Fatalf("it has %d bytes itself", len(bomb))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := tableOf(t, "t.parquet", bomb)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "a row has lists of more than 1048576 values") {
		t.Errorf("%v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 200<<20 {
		t.Errorf("%d bytes of memory were made room for", took)
	}
	many := make([]int, 100)
	for i := range many {
		many[i] = 50_000
	}
	if got, err := tableOf(t, "t.parquet", listed(t, many...)); err != nil || got.Rows != 100 {
		t.Errorf("%d rows, %v", got.Rows, err)
	}
}
