package table_test

import (
	"fmt"
	"strings"
	"testing"

	"rondo/backend/dataset/profile"
)

// TestNumbersAsPeopleWriteThem are numbers, and that is told.
func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct{ text, types, sums, note string }{
		{"a;price;big\n1;1,5;1.234,56\n2;2,25;12.000\n3;-10;3,5\n", "a:integer price:number big:number", "6 -6.25 13238.06", `"1,5" is 1.5`},
		{"a,amount\n1,\"1,234\"\n2,\"12,345,678.5\"\n3,\"5\"\n", "a:integer amount:number", "6 1.23469175e+07", `"1,234" is 1234`},
		{"a,price\n1,\"12,5\"\n2,\"1,25\"\n", "a:integer price:number", "3 13.75", `"12,5" is 12.5`},
		{"a;b;c\n1.5;1,234;x\n2.5;2,345;x\n", "a:number b:integer c:text", "4 3579", `"1,234" is 1234`},
		{"a\tb\n1\t1,234\n2\t12,34\n3\t5.5\n", "a:integer b:text", "6", ""},
		{"a,b\n1.5,x\n2.5,y\n", "a:number b:text", "4", ""},
		{"a;b\n2026-01-01;10.100.1.2\n2026-01-02;1.2.3\n", "a:date b:text", "", ""},
		{"a,b\n\"1,2\",\"1,2,3\"\n\"12,3\",\"1.5\"\n", "a:text b:text", "", ""},
	} {
		table, err := tableOf(t, "t.csv", c.text)
		var sums []string
		for _, column := range table.Columns {
			if column.Type == profile.Integer || column.Type == profile.Number {
				sums = append(sums, fmt.Sprint(*column.Mean*float64(table.Rows)))
			}
		}
		if err != nil || columnsOf(table) != c.types || strings.Join(sums, " ") != c.sums || (len(table.Notes) > 0) != (c.note != "") || !strings.Contains(strings.Join(table.Notes, ""), c.note) {
			t.Errorf("%q: %s, %s, %q %v", c.text, columnsOf(table), sums, table.Notes, err)
		}
	}
}

// TestATableOfManyColumns takes no room for each that grows with their number.
func TestATableOfManyColumns(t *testing.T) {
	names := make([]string, 5000)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	row := strings.Repeat("1.5,", 4999) + "x\n"
	table, err := tableOf(t, "t.csv", strings.Join(names, ",")+"\n"+strings.Repeat(row, 300))
	if err != nil || len(table.Columns) != 5000 || table.Rows != 300 || table.Columns[4999].Type != profile.Text || *table.Columns[7].Mean != 1.5 {
		t.Errorf("%d columns, %d rows, %v", len(table.Columns), table.Rows, err)
	}
}
