package table_test

import (
	"bytes"
	"runtime"
	"testing"

	"rondo/backend/dataset/table/tabletest"

	"github.com/parquet-go/parquet-go"
)

// TestAPageThatSaysTooMuch: a header of some bytes asks for 2 GiB, and gets none of it.
func TestAPageThatSaysTooMuch(t *testing.T) {
	good := tabletest.Parquet(t, 500, nil)
	f, err := parquet.OpenFile(bytes.NewReader([]byte(good)), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range f.Metadata().RowGroups {
		for i, c := range g.Columns {
			b := []byte(good)
			// a page of data: 2^31 - 1 bytes unpacked, 30 packed, 100 plain values, levels by runs
			copy(b[c.MetaData.DataPageOffset:], "\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\x3c\x2c\x15\xc8\x01\x15\x00\x15\x06\x15\x06\x00\x00")
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := tableOf(t, "t.parquet", string(b))
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("column %d: it is believed", i)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
				t.Errorf("column %d: %d bytes of memory were made room for: %v", i, took, err)
			}
		}
	}
}

// FuzzParquetPages changes bytes of a file: whatever comes of it, it takes little memory.
func FuzzParquetPages(f *testing.F) {
	good := tabletest.Parquet(f, 60, nil)
	f.Add(uint16(4), []byte("\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\x3c"))
	f.Add(uint16(9), []byte{0xff})
	f.Add(uint16(len(good)-8), []byte("0000"))
	f.Add(uint16(len(good)-40), []byte{0x7f, 0x7f})
	f.Fuzz(func(t *testing.T, at uint16, change []byte) {
		b := []byte(good)
		copy(b[int(at)%len(b):], change)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = tableOf(t, "t.parquet", string(b))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 256<<20 {
			t.Errorf("%d bytes of memory for a file of %d", took, len(b))
		}
	})
}
