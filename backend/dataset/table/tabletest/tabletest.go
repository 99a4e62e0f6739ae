// Package tabletest writes tables for tests.
package tabletest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// Trip is a row of the Parquet file that Parquet writes.
type Trip struct {
	ID    int64     `parquet:"id"`
	City  string    `parquet:"city,optional,dict"`
	Fare  float64   `parquet:"fare,zstd"`
	Paid  bool      `parquet:"paid"`
	At    time.Time `parquet:"at,timestamp(millisecond)"`
	Price int32     `parquet:"price,decimal(2:9)"`
	Tags  []string  `parquet:"tags,list"`
}

// Row is a row of its own for every i.
func Row(i int) Trip {
	return Trip{int64(i), []string{"Oslo", "Bergen", ""}[i%3], float64(i) / 4, i%2 == 0, time.UnixMilli(1772366400000).UTC().Add(time.Duration(i) * time.Hour), int32(i * 100), []string{"a", "b"}[:i%3%2+0]}
}

// Parquet writes rows as a person's tool does, in row groups.
func Parquet(t testing.TB, n int, change func(i int, r *Trip)) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[Trip](&b)
	for i := range n {
		r := Row(i)
		if change != nil {
			change(i, &r)
		}
		if _, err := w.Write([]Trip{r}); err != nil {
			t.Fatal(err)
		}
		if i%400 == 399 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Lines writes n lines, each as it is told.
func Lines(n int, line func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i) + "\n")
	}
	return b.String()
}
