package table_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/dataset/table"
)

// arrow reads a file that Arrow's own writer has written: each column as name and what its rows hold, with null as -.
func arrow(t *testing.T, name string) (map[string]string, error) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	r, err := table.Open(table.File{Path: name}, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil })
	if err != nil {
		return nil, err
	}
	defer r.Close()
	held := map[string]string{}
	for _, c := range r.Columns {
		held[c] = ""
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return held, nil
		}
		if err != nil {
			return nil, err
		}
		for i, v := range row {
			if r.Null(i) {
				v = "-"
			}
			held[r.Columns[i]] += v + "|"
		}
	}
}

func TestTypesOfParquet(t *testing.T) {
	want := map[string]string{
		"u64": "18446744073709551615|-|7|", "u32": "4294967295|-|7|", "f16": "1.5|-0.25|5.9604645e-08|",
		"time_s": "23:59:58|-|00:00:01|", "time_us": "23:59:58.123456|-|00:00:01|",
		"at": "1961-02-03T04:05:06.7|-|2024-02-29T00:00:00|", "day": "1900-01-01|-|2100-12-31|", "price": "-0.05|-|123456789.10|",
		"numbers.list.element": "[1,null,3]|-|[]|", "words.list.element": `["a",null]|-|[]|`,
		"nested.list.element.list.element": "[1,2,3]|-|[]|", "points.list.element.x": "[1.5,null]|-|[]|",
		"text": "|NA|-|", "nan": "NaN|-|1|",
	}
	for _, name := range []string{"arrow.parquet", "arrow-int96.parquet"} {
		got, err := arrow(t, name)
		if err != nil {
			t.Fatal(err)
		}
		for column, held := range want {
			if got[column] != held {
				t.Errorf("%s: %s holds %s, and is read as %s", name, column, held, got[column])
			}
		}
	}
}

func TestAParquetFileWithoutRows(t *testing.T) {
	got, err := arrow(t, "arrow-empty.parquet")
	if _, ok := got["u64"]; err != nil || !ok || got["u64"] != "" {
		t.Errorf("%v %v", got, err)
	}
}

// TestParquetThatIsNotRead is refused: the library takes what lay in memory before for what pages in LZ4 hold,
// and other flags than are there from runs of them.
func TestParquetThatIsNotRead(t *testing.T) {
	for name, want := range map[string]string{"arrow-lz4.parquet": "packed by LZ4", "arrow-runs.parquet": `flags of "flag" are written in runs`} {
		if got, err := arrow(t, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}
