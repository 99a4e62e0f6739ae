package dataset_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

func summarise(t testing.TB, text string) dataset.Table {
	t.Helper()
	table, err := dataset.Summarise(context.Background(), "t.csv", of(strings.NewReader(text)))
	must(t, err)
	return table
}

func TestColumnTypes(t *testing.T) {
	for want, values := range map[string][]string{
		dataset.Integer: {"1", "-2", "", "+3"}, dataset.Number: {"1", "2.5", "1e-3", "NA"}, dataset.Boolean: {"true", "False", "TRUE"},
		dataset.Date: {"2012-01-01", "2012-12-31", ""}, dataset.DateTime: {"2012-01-01T00:00:00Z", "2012-01-01 10:30:00", "2012-01-02"},
		dataset.Text: {"1", "2", "x"}, dataset.Empty: {"", "NA", "null"},
	} {
		table := summarise(t, "c,other\n"+strings.Join(values, ",1\n")+",1\n")
		if got := table.Columns[0].Type; got != want || table.Rows != int64(len(values)) {
			t.Errorf("%v are %s of %d rows, want %s", values, got, table.Rows, want)
		}
	}
	for _, v := range []string{"inf", "0x10", "1_000", "2012-13-01", "nan5"} {
		if c := summarise(t, "c,d\n"+v+",1\n").Columns[0]; c.Type != dataset.Text {
			t.Errorf("%q is a %s", v, c.Type)
		}
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
	if want := []dataset.Category{{Value: "New York", Count: 800}, {Value: "Seattle", Count: 200}}; !slices.Equal(city.Categories, want) || city.Distinct != 2 {
		t.Errorf("%+v", city)
	}
	if !id.Unique || id.Type != dataset.Text || id.Longest != 4 || city.Unique {
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
		table, err := dataset.Summarise(t.Context(), "t.csv", of(r))
		must(t, err)
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

func TestRaggedRowsNameTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\n1,2\n1,2,3\n":                           "line 3: it has 3 fields, and the header has 2",
		"a,b\n\"multi\nline\",2\n1\n":                 "line 4: it has 1 fields",
		"a,b\n1,\"open\n":                             "line",
		"a,b\n1,\"open" + strings.Repeat("x", 20<<20): "longer than 8 MiB",
		"a,a\n1,2\n":                                  `"a" twice`,
		"":                                            "empty",
		strings.Repeat("c,", 5000) + "c\n":            "over the limit",
	} {
		_, err := dataset.Summarise(t.Context(), "t.csv", of(strings.NewReader(text)))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	write(t, dir, "d/good.csv", csv1)
	write(t, dir, "d/bad.csv", "a,b\n1,2,3\n")
	write(t, dir, "d/x.bin", "\x00\x01")
	h.add(t, "d", "d")
	s := h.snap(t, "d")
	p, err := h.Profile(ctx, s)
	if err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "bad.csv: line 2") || p.Rows != 2 || p.Opaque != 2 || s.Rows != 2 {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := h.Rows(ctx, s, "bad.csv", 0, 10); !errs.Is(err, errs.Precondition) {
		t.Errorf("rows of a file that is no table: %v", err)
	}
	page, err := h.Rows(ctx, s, "good.csv", 1, 10)
	if err != nil || len(page.Rows) != 1 || page.Rows[0][2] != "10.6" || page.Total != 2 {
		t.Errorf("%+v %v", page, err)
	}
}

func TestSeparatorsAndMarks(t *testing.T) {
	for name, text := range map[string]string{
		"semicolon": "\xef\xbb\xbfa;b\n1;2\n", "tab": "a\tb\n1\t2\n", "crlf": "a,b\r\n1,2\r\n", "pipe": "a|b\n1|2",
	} {
		table := summarise(t, text)
		if len(table.Columns) != 2 || table.Columns[0].Name != "a" || table.Columns[1].Type != dataset.Integer || table.Rows != 1 {
			t.Errorf("%s: %+v", name, table)
		}
	}
}

func lines(from, to int, line func(i int) string) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(line(i))
	}
	return b.String()
}

func TestRowsThatDiffer(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	row := func(i int) string { return fmt.Sprintf("%d,city %d,%d\n", i, i%3, i*i) }
	write(t, dir, "d.csv", "id,city,n\n"+lines(0, 1000, row))
	h.add(t, "d", "d.csv")
	h.snap(t, "d")
	changed := func(i int) string {
		if i%100 == 0 {
			return fmt.Sprintf("%d,moved,%d\n", i, i*i)
		}
		return row(i)
	}
	write(t, dir, "d.csv", "id,city,n\n"+lines(10, 1200, changed))
	h.snap(t, "d")
	d, err := h.Diff(ctx, "d", 0, 0, nil)
	must(t, err)
	got := d.Tables[0]
	if got.Added != 200 || got.Removed != 10 || got.Changed != 9 || got.Same != 981 || !slices.Equal(got.Key, []string{"id"}) || d.From != 1 || d.To != 2 {
		t.Errorf("%+v", d)
	}
	if len(d.Files) != 1 || d.Files[0].Change != dataset.FileChanged {
		t.Errorf("%+v", d.Files)
	}
	if _, err := h.Diff(ctx, "d", 1, 2, []string{"city"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a key that is not one: %v", err)
	}
	if _, err := h.Diff(ctx, "d", 1, 2, []string{"none"}); !errs.Is(err, errs.Invalid) || !strings.Contains(errs.HintOf(err), "city") {
		t.Errorf("a key that is not there: %v", err)
	}
	// Other columns, no key: rows that are there twice are counted twice.
	write(t, dir, "d.csv", "city,n,new\nx,1,1\nx,1,2\ny,2,3\n")
	h.snap(t, "d")
	write(t, dir, "d.csv", "city,n,new\nx,1,1\ny,2.5,3\ny,2.5,3\n")
	h.snap(t, "d")
	if d, err = h.Diff(ctx, "d", 2, 3, nil); err != nil || !slices.Equal(d.Tables[0].ColumnsAdded, []string{"new"}) || !slices.Equal(d.Tables[0].ColumnsRemoved, []string{"id"}) {
		t.Errorf("%+v %v", d, err)
	}
	d, err = h.Diff(ctx, "d", 3, 4, nil)
	must(t, err)
	got = d.Tables[0]
	if len(got.Key) != 0 || got.Same != 1 || got.Removed != 2 || got.Added != 2 || len(got.Types) != 1 || got.Types[0].To != dataset.Number {
		t.Errorf("%+v", got)
	}
}

// TestManyRowsInLittleMemory compares two tables that are much larger than what is held.
func TestManyRowsInLittleMemory(t *testing.T) {
	const n = 400_000 // 13 MB of hashes a side: every part goes on in a file
	open := func(shift int) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) {
			r, w := io.Pipe()
			go func() {
				_, err := io.WriteString(w, "id,v\n")
				for i := 0; i < n && err == nil; i += 1000 {
					_, err = io.WriteString(w, lines(i, i+1000, func(i int) string { return fmt.Sprintf("%d,%d\n", i+shift, i/2) }))
				}
				w.CloseWithError(io.EOF)
			}()
			return r, nil
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tmp := t.TempDir()
	d, err := dataset.DiffRows(t.Context(), "t.csv", open(0), open(1000), []string{"id"}, tmp)
	must(t, err)
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	runtime.ReadMemStats(&after)
	if d.Added != 1000 || d.Removed != 1000 || d.Changed != n-1000 || d.Same != 0 {
		t.Errorf("%+v", d)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 100<<20 {
		t.Errorf("it took %d MB more", grown>>20)
	}
}

// FuzzSummarise feeds made-up files: what passes can be written as JSON, and every value
// is counted once.
func FuzzSummarise(f *testing.F) {
	for _, s := range []string{csv1, "a;b\n1;2\n", "a,b\n\"x\ny\",2\n", "a\n1e308\n-1e308\n1e308\n", "a,b\n1,2,3\n", "\xff,b\n\xfe,NaN\n", "a\n-\n+\n.\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := dataset.Summarise(context.Background(), "t.csv", of(strings.NewReader(text)))
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

// FuzzPointer: what is read writes the same again, and what is written is read.
func FuzzPointer(f *testing.F) {
	f.Add("rondo snapshot 1\ndataset: w\nfiles: 1\nid: x\nnumber: 2\npath: w.csv\nsize: 3\ntree: " + strings.Repeat("0f", 32) + "\n")
	f.Add("rondo snapshot 1\n<<<<<<< HEAD\n")
	f.Add("rondo snapshot 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := dataset.ParsePointer(text)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%v is %s", err, errs.KindOf(err))
			}
			return
		}
		p.Checked = true
		again, err := dataset.ParsePointer(p.String())
		if err != nil || again != p {
			t.Fatalf("%+v came back as %+v, %v", p, again, err)
		}
	})
}

// of opens a reader once.
func of(r io.Reader) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(r), nil }
}
