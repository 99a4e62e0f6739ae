package profile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
)

func summarise(t testing.TB, text string) profile.Table {
	t.Helper()
	table, err := profile.Summarise(context.Background(), table.File{Path: "t.csv"}, of(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestColumnTypes(t *testing.T) {
	for want, values := range map[string][]string{
		profile.Integer: {"1", "-2", "", "+3"}, profile.Number: {"1", "2.5", "1e-3", "NA"}, profile.Boolean: {"true", "False", "TRUE"},
		profile.Date: {"2012-01-01", "2012-12-31", ""}, profile.DateTime: {"2012-01-01T00:00:00Z", "2012-01-01 10:30:00", "2012-01-02"},
		profile.Text: {"1", "2", "x"}, profile.Empty: {"", "NA", "null"},
	} {
		table := summarise(t, "c,other\n"+strings.Join(values, ",1\n")+",1\n")
		if got := table.Columns[0].Type; got != want || table.Rows != int64(len(values)) {
			t.Errorf("%v are %s of %d rows, want %s", values, got, table.Rows, want)
		}
	}
	for _, v := range []string{"inf", "0x10", "1_000", "2012-13-01", "nan5"} {
		if c := summarise(t, "c,d\n"+v+",1\n").Columns[0]; c.Type != profile.Text {
			t.Errorf("%q is a %s", v, c.Type)
		}
	}
}

// TestLargeNumbersThatLieCloseTogether have the spread that they have, as ids and times in nanoseconds do.
func TestLargeNumbersThatLieCloseTogether(t *testing.T) {
	var b strings.Builder
	b.WriteString("n,m\n")
	for i := range 200 {
		fmt.Fprintf(&b, "%d,1\n", 9007199254740992+i)
	}
	c := summarise(t, b.String()).Columns[0]
	if math.Abs(*c.Mean-9007199254740992-99) > 2 || math.Abs(*c.Std-57.88) > 0.1 {
		t.Errorf("mean %f, std %f", *c.Mean, *c.Std)
	}
}

// TestManyColumnsShareTheirRoom, so that a wide table takes no more memory than others.
func TestManyColumnsShareTheirRoom(t *testing.T) {
	var b strings.Builder
	b.WriteString("c0")
	for i := range 1999 {
		fmt.Fprintf(&b, ",c%d", i+1)
	}
	for row := range 600 {
		fmt.Fprintf(&b, "\n%d", row)
		b.WriteString(strings.Repeat(fmt.Sprintf(",%d", row), 1999))
	}
	c := summarise(t, b.String()+"\n").Columns[1999]
	if c.Distinct != 500 || !c.DistinctMore || c.Rows != 600 || *c.Mean != 299.5 {
		t.Errorf("%d distinct of %d, mean %v", c.Distinct, c.Rows, *c.Mean)
	}
}

func TestFiguresOfAColumn(t *testing.T) {
	var b strings.Builder
	b.WriteString("n,city,id\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "%d,%s,k%d\n", i, []string{"Seattle", "New York"}[min(i%5, 1)], i)
	}
	b.WriteString(",,last\n")
	table := summarise(t, b.String())
	n, city, id := table.Columns[0], table.Columns[1], table.Columns[2]
	if n.Min != 0.0 || n.Max != 999.0 || *n.Mean != 499.5 || n.Quantiles["p50"] != 499.5 || math.Abs(*n.Std-288.819) > 0.001 || n.Missing != 1 || n.Approximate {
		t.Errorf("%+v mean %v std %v", n, *n.Mean, *n.Std)
	}
	var sum int64
	for _, c := range n.Histogram.Counts {
		sum += c
	}
	if sum != 1000 || len(n.Histogram.Edges) != len(n.Histogram.Counts)+1 || n.Histogram.Counts[0] != 50 {
		t.Errorf("histogram %+v", n.Histogram)
	}
	if want := []profile.Category{{Value: "New York", Count: 800}, {Value: "Seattle", Count: 200}}; !slices.Equal(city.Categories, want) || city.Distinct != 2 {
		t.Errorf("%+v", city)
	}
	if !id.Unique || id.Type != profile.Text || id.Longest != 4 || city.Unique {
		t.Errorf("%+v", id)
	}
}

// TestQuantilesOfManyRows compares the sketch with the truth, on numbers in three orders.
func TestQuantilesOfManyRows(t *testing.T) {
	const n = 150_000
	for name, at := range map[string]func(i int) int{
		"rising": func(i int) int { return i }, "falling": func(i int) int { return n - 1 - i }, "mixed": func(i int) int { return i * 7919 % n },
	} {
		r, w := io.Pipe()
		go func() {
			fmt.Fprintln(w, "n,k")
			for i := range n {
				fmt.Fprintf(w, "%d,%d\n", at(i), i)
			}
			w.Close()
		}()
		table, err := profile.Summarise(t.Context(), table.File{Path: "t.csv"}, of(r))
		if err != nil {
			t.Fatal(err)
		}
		c := table.Columns[0]
		if c.Min != 0.0 || c.Max != float64(n-1) || !c.Approximate || !c.DistinctMore {
			t.Errorf("%s: %+v", name, c)
		}
		for q, share := range map[string]float64{"p01": 0.01, "p25": 0.25, "p50": 0.5, "p95": 0.95} {
			if off := math.Abs(c.Quantiles[q]-share*n) / n; off > 0.005 {
				t.Errorf("%s: %s is off by %.4f of the rows", name, q, off)
			}
		}
	}
}

// FuzzSummarise feeds made-up files: what passes can be written as JSON, and every value
// is counted once.
func FuzzSummarise(f *testing.F) {
	for _, s := range []string{"id,city,n\n1,Oslo,2.5\n2,\"Berg,en\",NA\n", "a;b\n1;2\n", "a,b\n\"x\ny\",2\n", "a\n1e308\n-1e308\n1e308\n", "a,b\n1,2,3\n", "\xff,b\n\xfe,NaN\n", "a\n-\n+\n.\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := profile.Summarise(context.Background(), table.File{Path: "t.csv"}, of(strings.NewReader(text)))
		if err != nil {
			return
		}
		if _, err := json.Marshal(table); err != nil {
			t.Fatal(err)
		}
		for _, c := range table.Columns {
			var present int64
			for _, v := range c.Categories {
				present += v.Count
			}
			if c.Rows != table.Rows || c.Missing > c.Rows || present > c.Rows-c.Missing {
				t.Fatalf("%+v of %d rows", c, table.Rows)
			}
			if h := c.Histogram; h != nil {
				var n int64
				for _, k := range h.Counts {
					n += k
				}
				if n != c.Rows-c.Missing {
					t.Fatalf("the histogram counts %d of %d", n, c.Rows-c.Missing)
				}
			}
		}
	})
}

// of opens a reader once.
func of(r io.Reader) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(r), nil }
}
