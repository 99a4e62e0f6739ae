package dataset_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
)

func TestQuestionsOfASnapshot(t *testing.T) {
	ctx := t.Context()
	h := open(t, project(t))
	write(t, h.dir, "d/trips.csv", "id,city,fare\n1,Oslo,2.5\n2,Bergen,\n3,Oslo,7.5\n")
	write(t, h.dir, "d/cities.jsonl", `{"city":"Oslo","people":700000}`+"\n"+`{"city":"Bergen","people":290000}`+"\n")
	write(t, h.dir, "d/note.txt", "no table")
	h.add(t, "d", "d")
	snap := h.snap(t, "d")
	a, err := h.SQL(ctx, snap, `SELECT c.city, avg(fare) AS mean, max(people), count(*) FROM trips t JOIN cities c USING (city) GROUP BY 1 ORDER BY 1`)
	if got := fmt.Sprint(a.Columns, a.Rows); err != nil || got != "[city mean max(people) count(*)] [[Bergen <nil> 290000 1] [Oslo 5 700000 2]]" {
		t.Errorf("%s %v", got, err)
	}
	if a, err := h.SQL(ctx, snap, "with recursive n(i) as (select 1 union all select i+1 from n) select i from n"); err != nil || !a.More || len(a.Rows) != 10_000 {
		t.Errorf("an endless answer: %d rows, %v", len(a.Rows), err)
	}
	for _, good := range []string{"select 1;", "select ';', \"a;b\" from (select 1 as \"a;b\") ; -- ; select", "select 1 /* ; drop */"} {
		if _, err := h.SQL(ctx, snap, good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	if _, err := h.SQL(ctx, snap, "select "+strings.Repeat("1+", 50_000)+"1"); !errs.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "100008 bytes") {
		t.Errorf("a long question: %v", err)
	}
	outside := filepath.Join(t.TempDir(), "out.db")
	for _, bad := range []string{
		"", "delete from trips", "drop table trips", "attach '" + outside + "' as x", "vacuum into '" + outside + "'", "select * from nothing", "select 1; drop table trips",
		"with x as (select 1) delete from trips", "pragma writable_schema=1", "select load_extension('x')", "explain", "select * from trips; select 2", "select 1 /* ; */ ; -- x\nselect 2", "values (1); attach '" + outside + "' as x", "select * from trips; vacuum into '" + outside + "'",
	} {
		if a, err := h.SQL(ctx, snap, bad); !errs.Is(err, errs.Invalid) || errs.HintOf(err) == "" {
			t.Errorf("%q: %+v %v", bad, a, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(outside), "*")); len(left) > 0 {
		t.Errorf("a question has written %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(h.device, "tmp", "sql-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestTypesOfColumns are those of a column and not of each value: what another database answers is answered.
func TestTypesOfColumns(t *testing.T) {
	h := open(t, project(t))
	var late strings.Builder
	for i := range 300 {
		fmt.Fprintf(&late, "%d,%d,%d,\n", i, i, i)
	}
	write(t, h.dir, "d/csv.csv", "id,code,half,flag\n"+late.String()+"300,A1,2.5,\n301,007,3,True\n302,,,false\n")
	write(t, h.dir, "d/lines.jsonl", `{"id":1,"code":"007","half":3,"flag":true,"word":"NA"}`+"\n"+`{"id":2,"code":"","half":2.5,"flag":false,"word":null}`+"\n")
	write(t, h.dir, "d/li.csv", "a,b\n1\n")
	h.add(t, "d", "d")
	snap := h.snap(t, "d")
	for question, want := range map[string]string{
		"select id from csv where code = '12'":                            "[[12]]",
		"select id from csv where code = 12":                              "[[12]]",
		"select code from csv where id = '301'":                           "[[007]]",
		"select max(code), count(code), count(*) from csv":                "[[A1 302 303]]",
		"select half/2 from csv where id = 7":                             "[[3.5]]",
		"select sum(flag), count(flag) from csv":                          "[[1 2]]",
		"select id from csv where flag":                                   "[[301]]",
		"select id from lines where flag = true and half / 2 = 1.5":       "[[1]]",
		"select code, word from lines order by id":                        "[[007 NA] [ <nil>]]",
		"select count(*), count(code), count(word) from lines":            "[[2 2 1]]",
		"select c.id from csv c join lines l on c.code = l.code":          "[[301]]",
		"select typeof(id), typeof(half), typeof(code) from csv limit 1":  "[[integer real text]]",
		"select count (*) from csv":                                       "[[303]]",
		"select count(*), c.* from lines c group by c.id limit 1":         "[[1 1 007 3 1 NA]]",
		"select name from pragma_table_info('csv') order by cid":          "[[id] [code] [half] [flag]]",
		"select count(*) from lines natural join csv":                     "[[0]]",
		`select [CODE], "Half", ` + "`flag`" + ` from csv where id = 301`: "[[007 3 1]]",
		"values (1152921504606846976, 9007199254740992)":                  "[[1152921504606846976 9007199254740992]]",
	} {
		if a, err := h.SQL(t.Context(), snap, question); err != nil || fmt.Sprint(a.Rows) != want {
			t.Errorf("%s: %v %v, want %s", question, a.Rows, err, want)
		}
	}
}
