package query_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/query"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
)

// of is a table that counts how often it is opened.
func of(text string, opened *int) query.Table {
	return query.Table{File: table.File{Path: "t.csv"}, Open: func() (io.ReadCloser, error) {
		*opened++
		return io.NopCloser(strings.NewReader(text)), nil
	}}
}

// TestReadAndLoadedTablesAnswerAlike: a table that is named once is read while SQLite asks, one that is
// named twice, be it in a comment, is loaded.
func TestReadAndLoadedTablesAnswerAlike(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,code,half,flag,late,day,none,ID\n")
	for i := range 3000 {
		late := fmt.Sprint(i)
		if i > 2500 {
			late = "x" + late
		}
		fmt.Fprintf(&b, "%d,%03d,%g,%v,%s,2026-01-%02d,,%d\n", i, i%100, float64(i)/2, i%3 == 0, late, 1+i%28, -i)
	}
	text := b.String()
	p, err := profile.Summarise(t.Context(), table.File{Path: "t.csv"}, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
	if err != nil {
		t.Fatal(err)
	}
	wrong := p // as no profile of this content is
	wrong.Columns = slices.Clone(p.Columns)
	wrong.Columns[4].Type, wrong.Columns[4].Min, wrong.Columns[4].Max = profile.Integer, 0.0, 2999.0
	for _, question := range []string{
		"select * from t order by id limit 3 offset 2", "select count(*), sum(half), avg(id), total(flag) from t", "select code, count(*) n from t group by code having n > 30 order by code desc limit 5",
		"select late, typeof(late) from t where id in (1, 2, 2501, 2999)", "select typeof(id), typeof(half), typeof(flag), typeof(none), typeof(day) from t limit 1", "select id from t where late = '12'",
		"select id from t where late = 12", "select rowid, id_2 from t where rowid between 10 and 12", "select distinct day from t order by 1 desc limit 2", "select max(id) from t where flag and half > '700'", "select id, lag(id) over (order by id desc) from t limit 2",
		"select late from t limit 1", "with a as (select id from t where id < 3) select x.id, y.id from a x, a y", "select count(*) from (select 1 from t union all select 2)", "values ((select count(*) from t))",
	} {
		var answers []string
		for i, asked := range []string{question, question, question, question + " -- t"} {
			opened := 0
			one := of(text, &opened)
			one.Known = []*profile.Table{nil, &p, &wrong, nil}[i]
			a, err := query.SQL(t.Context(), []query.Table{one}, asked, t.TempDir())
			if err != nil {
				t.Errorf("%s: %v", asked, err)
			}
			answers = append(answers, fmt.Sprint(a.Columns, a.Rows))
		}
		if len(slices.Compact(answers)) != 1 {
			t.Errorf("%s: %s", question, strings.Join(answers, "\n"))
		}
	}
}

// TestAQuestionOfATableThatIsKnownReadsNoMoreThanItWants, writes nothing, and leaves nobody behind.
func TestAQuestionOfATableThatIsKnownReadsNoMoreThanItWants(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,x\n", 500_000)
	read, dir := 0, t.TempDir()
	open := func() (io.ReadCloser, error) { return io.NopCloser(&meter{strings.NewReader(text), &read}), nil }
	known := &profile.Table{Columns: []profile.Column{{Name: "a", Type: profile.Integer, Min: 1.0, Max: 1.0}, {Name: "b", Type: profile.Text}}}
	a, err := query.SQL(t.Context(), []query.Table{{File: table.File{Path: "t.csv"}, Open: open, Known: known}}, "select b, a from t limit 2", dir)
	if err != nil || fmt.Sprint(a.Rows) != "[[x 1] [x 1]]" || read > len(text)/2 {
		t.Errorf("%+v %v: %d bytes of %d were read", a, err, read, len(text))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := query.SQL(ctx, []query.Table{{File: table.File{Path: "t.csv"}, Open: open, Known: known}}, "select count(*) from t", dir); err == nil {
		t.Error("a question that was given up has an answer")
	}
}

// TestSumsOfNumbersAsPeopleWriteThem are what people would add up, and a table that is none is in nobody's way.
func TestSumsOfNumbersAsPeopleWriteThem(t *testing.T) {
	opened := 0
	good, bad := of("zip;price;text\n1;1,5;1,5\n2;1.002,25;x\n", &opened), of("a,b\n1\n2\n", &opened)
	bad.Path = "zip.csv"
	for _, question := range []string{"select sum(price), min(text), sum(zip) from t", "select sum(price), min(text), sum(zip) from t -- t"} {
		a, err := query.SQL(t.Context(), []query.Table{bad, good}, question, t.TempDir())
		if err != nil || fmt.Sprint(a.Rows) != "[[1003.75 1,5 3]]" {
			t.Errorf("%s: %v %v", question, a.Rows, err)
		}
	}
	if _, err := query.SQL(t.Context(), []query.Table{bad, good}, "select * from zip", t.TempDir()); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "zip.csv cannot be read as a table") {
		t.Error(err)
	}
}

type meter struct {
	r io.Reader
	n *int
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	*m.n += n
	return n, err
}
