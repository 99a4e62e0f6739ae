package table_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"rondo/backend/dataset/table"
)

// FuzzJSONLines: whatever a file says, it is a table whose rows have all columns, or an error that says that it is none.
func FuzzJSONLines(f *testing.F) {
	for _, s := range []string{
		"{\"a\":1,\"b\":\"x\"}\n{\"b\":null,\"c\":[1,{\"d\":2}]}\n", "{}\n", "\n\n{\"a\":1e999}\n", "[1]\n", "{\"a\":1}{\"a\":2}\n", "{\"a\":1,\"a\":2}\n",
		"{\"\":\"\\ud800\"}\n", "\xff\n", "{\"a\":" + strings.Repeat("[", 2000) + "\n", "{\"a\":1}\r\n{\"a\":true}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := table.Open(table.File{Path: "t.jsonl"}, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
		if err != nil {
			if !errors.Is(err, table.ErrNotTable) {
				t.Fatal(err)
			}
			return
		}
		defer r.Close()
		for {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if !errors.Is(err, table.ErrNotTable) {
					t.Fatal(err)
				}
				return
			}
			if len(row) != len(r.Columns) {
				t.Fatalf("%d values in %d columns", len(row), len(r.Columns))
			}
		}
	})
}
