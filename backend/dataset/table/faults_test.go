package table_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset/table"
	"rondo/backend/errs"
)

// rowsOf reads a table to its end.
func rowsOf(t testing.TB, name, text string) (r *table.Reader, rows [][]string, err error) {
	t.Helper()
	r, err = table.Open(table.File{Path: name}, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
	if err != nil {
		return r, nil, err
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r, rows, nil
		}
		if err != nil {
			return r, rows, err
		}
		rows = append(rows, slices.Clone(row))
	}
}

// TestLinesThatAreNoRows are counted and named, and take no row with them.
func TestLinesThatAreNoRows(t *testing.T) {
	long := strings.Repeat("x", 9<<20)
	for _, c := range []struct{ name, text, rows, faults string }{
		{"a field too many", "a,b\n1,2\n1,2,3\n3,4\n", "1,2 3,4", "line 3 is not a row of this table: it has 3 fields, and the header has 2"},
		{"a field too few", "a,b\n\"multi\nline\",2\n1\n3,4\n", "multi\nline,2 3,4", "line 4 is not a row of this table: it has 1 field, and the header has 2"},
		{"several", "a,b\n1,2\n1\n3,4\n2\n5,6\n3\n4\n7,8\n", "1,2 3,4 5,6 7,8", "4 lines are not rows of this table: line 3: it has 1 field, and the header has 2; line 5: it has 1 field, and the header has 2; line 7: it has 1 field, and the header has 2; …"},
		{"rows of two lines", "a,b\n1,2\n\"x\ny\",2,3\n3,4\n5,6\n", "1,2 3,4 5,6", "2 lines are not rows of this table: lines 3 to 4: it has 3 fields, and the header has 2"},
		{"a quote that never ends", "a,b\n1,2\n2,\"open\n3,4\n4,5\n", "1,2 3,4 4,5", "line 3 is not a row of this table: a quote that opens in it never ends"},
		{"a quote that ends elsewhere", "a,b\n1,x\n2,\"open\n3,\"fine\"\n4,y\n", "1,x 3,fine 4,y", "line 3 is not a row of this table: text stands after a quote that closes"},
		{"a quote that opens in the last line", "a,b\n1,2\n2,\"", "1,2", "line 3 is not a row of this table: a quote that opens in it never ends"},
		{"a long line", "a,b\n1,2\n2," + long + "\n3,4\n", "1,2 3,4", "line 3 is not a row of this table: it is longer than 8 MiB"},
		{"a long line in quotes", "a,b\n1,2\n2,\"x\n" + long + "\n\"\n3,4\n4,5\n5,6\n", "1,2 3,4 4,5 5,6", "3 lines are not rows of this table: lines 3 to 4: a quote that opens in it never ends; line 5: a quote that opens in it never ends"},
		{"a long text in quotes", "a,b\n1,2\n2,\"" + strings.Repeat("x\n", 5<<20) + "\"\n3,4\n", "", "refused"},
		{"bytes", "a,b\n1,2\n1,\x00\x01\n3,4\n", "1,2 3,4", "line 3 is not a row of this table: it holds bytes that are no text"},
		{"an inch", "a,b\n1,5\" pipe\nx\"y\"z,2\n", "1,5\" pipe x\"y\"z,2", ""},
		{"separators at the end", "a,b\n1,2,\n3,4,,\n", "1,2 3,4", ""},
		{"spaces before quotes", "a, b\n1, \"x, y\" \n 2,\"\"\"z\"\"\"\n", "1,x, y  2,\"z\"", ""},
		{"most of it", "a,b\n1\n2\n3,4\n", "", "refused"},
	} {
		r, rows, err := rowsOf(t, "t.csv", c.text)
		if c.faults == "refused" {
			if !errors.Is(err, table.ErrNotTable) || errs.HintOf(err) == "" {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		check(t, c.name, r, rows, c.rows, c.faults)
	}
}

func check(t *testing.T, name string, r *table.Reader, rows [][]string, want, faults string) {
	t.Helper()
	var got []string
	for _, row := range rows {
		got = append(got, strings.Join(row, ","))
	}
	said := ""
	if f := r.Faults(); f != nil {
		said = f.String()
	}
	if strings.Join(got, " ") != want || said != faults {
		t.Errorf("%s: %.200q %s", name, got, said)
	}
}

// TestLinesOfJSONThatAreNoRows bring no columns either.
func TestLinesOfJSONThatAreNoRows(t *testing.T) {
	text := "{\"a\":1}\n{\"a\":2,\"b\":3,\"c\n\n[1]\n{\"a\":\"x\\\"\\u00e9}\", \"d\": {\"e\": [1, \"}\"]} }\n{\"a\":NaN,\"d\":-Infinity}\n{}\n{\"a\":\"NaN\"}\n"
	r, rows, err := rowsOf(t, "t.jsonl", text)
	if err != nil || strings.Join(r.Columns, " ") != "a d" {
		t.Fatalf("%v %v", r.Columns, err)
	}
	check(t, "json", r, rows, "1, x\"é},{\"e\":[1,\"}\"]} ,-Infinity , NaN,", "2 lines are not rows of this table: line 2: unexpected end of JSON input; line 4: it is no JSON object")
}

// TestManyLinesWithOpenQuotes take no time that grows with the square of their number.
func TestManyLinesWithOpenQuotes(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,2\nx\",\"\n", 10_000) // each of which stays open until the end
	if _, _, err := rowsOf(t, "t.csv", text); !errors.Is(err, table.ErrNotTable) {
		t.Error(err)
	}
}

// TestRowsAreThoseThatWereWritten, whatever stands in them.
func TestRowsAreThoseThatWereWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "1", ",", "\"", "\n", " ", "ü", "", ";", "\t", "x\r", "''"}
	for range 2000 {
		columns := 1 + r.IntN(4)
		want := [][]string{}
		for range 1 + r.IntN(8) {
			row := make([]string, columns)
			for i := range row {
				if columns == 1 { // a line with nothing in it is none
					row[i] = "x"
				}
				for range r.IntN(5) {
					row[i] += parts[r.IntN(len(parts))]
				}
				row[i] = strings.ReplaceAll(row[i], "\r\n", "\n")
			}
			want = append(want, row)
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		head := []string{"name a", "name b", "name c", "name d"}[:columns]
		if err := w.WriteAll(append([][]string{head}, want...)); err != nil {
			t.Fatal(err)
		}
		read, rows, err := rowsOf(t, "t.csv", b.String())
		if err != nil || read.Faults() != nil || !slices.EqualFunc(rows, want, slices.Equal) {
			t.Fatalf("%q is read as %q, %v %v", b.String(), rows, read.Faults(), err)
		}
	}
}

// TestHeaders have a name for each column, and what is unusual in them is told.
func TestHeaders(t *testing.T) {
	for _, c := range []struct{ text, columns, note string }{
		{"a,a,b,a,a_2\n1,2,3,4,5\n", "a|a_3|b|a_4|a_2", `more than once`},
		{",x,\n1,2,3\n", "column1|x|column3", ""},
		{"sep=;\nx,y;z\n1;2\n", "x,y|z", ""},
		{"\"sep=|\"\r\nx|z\r\n1|2\r\n", "x|z", ""},
		{"\"a, b, c\";d\n1;2\n", "a, b, c|d", ""},
		{"a;b\r1;2\r3;4\r", "a|b", ""},
		{"5.1,3.5,1.4,setosa\n4.9,3.0,1.4,setosa\n", "5.1|3.5|1.4|setosa", "line 1 is taken for the names of the columns, and 3 of these are numbers"},
		{"country,2019,2020,2021\nx,1,2,3\n", "country|2019|2020|2021", ""},
		{",0,1\n0,1.5,2.5\n", "column1|0|1", ""},
		{"0,1,2\n1.5,2.5,3.5\n", "0|1|2", ""},
		{"1.5,nan,inf,yes\n2.5,1,2,no\n", "1.5|nan|inf|yes", "3 of these are numbers"},
		{"nan,inf\n1,2\n", "nan|inf", ""},
		{"a,b", "a|b", ""},
	} {
		r, _, err := rowsOf(t, "t.csv", c.text)
		if err != nil || strings.Join(r.Columns, "|") != c.columns || (len(r.Notes) > 0) != (c.note != "") || !strings.Contains(strings.Join(r.Notes, "\n"), c.note) {
			t.Errorf("%q: %q %q %v", c.text, r.Columns, r.Notes, err)
		}
	}
}

// TestAFirstLineOfNumbersAndDates is a row like the others.
func TestAFirstLineOfNumbersAndDates(t *testing.T) {
	for _, c := range []struct{ name, text, rows string }{
		{"t.csv", "5.1,3.5,0\n4.9,3.0,1\n", "5.1,3.5,0 4.9,3.0,1"},
		{"t.csv", "2019,2020,2021\n1,2,3\n", "2019,2020,2021 1,2,3"},
		{"t.csv", "0,1\n0,2\n", "0,1 0,2"},
		{"t.csv", "\xef\xbb\xbf2026-03-01,-1e-3,nan\n2026-03-02,inf,\n", "2026-03-01,-1e-3,nan 2026-03-02,inf,"},
		{"t.csv", "2026-03-01T12:00:00Z; 1,5;3\n2026-03-02 12:00;2,5;4\n", "2026-03-01T12:00:00Z, 1,5,3 2026-03-02 12:00,2,5,4"},
		{"t.tsv", "1\t\"2\"\n\n3\t4\n", "1,2 3,4"},
		{"t.csv", "sep=|\n7|8", "7,8"},
		{"t.csv", "7\r8\r", "7 8"},
	} {
		r, rows, err := rowsOf(t, c.name, c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		check(t, c.text, r, rows, c.rows, "")
		if names := []string{"c1", "c2", "c3"}[:len(rows[0])]; !slices.Equal(r.Columns, names) || len(r.Notes) != 1 {
			t.Errorf("%q: %q %q", c.text, r.Columns, r.Notes)
		}
	}
	r, rows, err := rowsOf(t, "t.csv", "1,2\n3\n4,5\n")
	if err != nil {
		t.Fatal(err)
	}
	check(t, "a short line", r, rows, "1,2 4,5", "line 2 is not a row of this table: it has 1 field, and the first line has 2")
}
