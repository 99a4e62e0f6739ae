package dataset_test

import (
	"fmt"
	"strings"
	"testing"
)

const faultOf3 = "line 3 is not a row of this table: it has 4 fields, and the header has 3"

// TestATableWithLinesThatAreNoRows is looked into, and every answer tells of them.
func TestATableWithLinesThatAreNoRows(t *testing.T) {
	h := open(t, project(t))
	row := func(i int) string { return fmt.Sprintf("%d,city %d,%d\n", i, i%3, i*i) }
	faulty := "id,city,n\n" + row(0) + "1,Oslo, Norway,1\n" + lines(2, 1000, row)
	write(t, h.dir, "d.csv", faulty)
	h.add(t, "d", "d.csv")
	first := h.snap(t, "d")
	write(t, h.dir, "d.csv", strings.Replace(faulty, "1,Oslo, Norway,1", "1,\"Oslo, Norway\",1", 1)+lines(1000, 9000, row)+"9000,\"open,2\n")
	second := h.snap(t, "d")

	p, err := h.Profile(t.Context(), first)
	if err != nil || len(p.Warnings) != 1 || p.Warnings[0] != "d.csv: "+faultOf3 || p.Rows != 999 || p.Tables[0].Columns[0].Type != "integer" || p.Tables[0].Problem != "" {
		t.Errorf("%+v %v", p, err)
	}
	rows, err := h.Rows(t.Context(), first, "", 1, 1)
	if err != nil || rows.Rows[0][0] != "2" || rows.Total != 999 || rows.Faults.String() != faultOf3 {
		t.Errorf("%+v %v", rows, err)
	}
	for _, question := range []string{"select count(*), sum(n) from d", "select count(*), (select sum(n) from d) from d", "select 999, sum(n) from d limit 1"} {
		a, err := h.SQL(t.Context(), first, question)
		if err != nil || fmt.Sprint(a.Rows) != "[[999 332833499]]" || len(a.Faults) != 1 || a.Faults[0].String() != faultOf3 || a.Faults[0].Table != "d" {
			t.Errorf("%s: %+v %v", question, a, err)
		}
	}
	d, err := h.Diff(t.Context(), "d", first.Number, second.Number, []string{"id"})
	if err != nil {
		t.Fatal(err)
	}
	open := "line 9002 is not a row of this table: a quote that opens in it never ends"
	if a, err := h.SQL(t.Context(), second, "select id from d limit 1"); err != nil || len(a.Faults) != 1 || a.Faults[0].String() != open {
		t.Errorf("a question that does not read as far: %+v %v", a.Faults, err)
	}
	if got := d.Tables[0]; got.Added != 8001 || got.Same != 999 || got.FaultsFrom.String() != faultOf3 || got.FaultsTo.String() != open {
		t.Errorf("%+v", got)
	}
}
