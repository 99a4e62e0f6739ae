package dataset_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

type trip struct {
	ID    int64     `parquet:"id"`
	City  string    `parquet:"city,optional,dict"`
	Fare  float64   `parquet:"fare,zstd"`
	Paid  bool      `parquet:"paid"`
	At    time.Time `parquet:"at,timestamp(millisecond)"`
	Price int32     `parquet:"price,decimal(2:9)"`
	Tags  []string  `parquet:"tags,list"`
}

// parquetOf writes rows as a person's tool does, in row groups.
func parquetOf(t testing.TB, n int, change func(i int, r *trip)) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[trip](&b)
	for i := range n {
		r := trip{int64(i), []string{"Oslo", "Bergen", ""}[i%3], float64(i) / 4, i%2 == 0, time.UnixMilli(1772366400000).UTC().Add(time.Duration(i) * time.Hour), int32(i * 100), []string{"a", "b"}[:i%3%2+0]}
		if change != nil {
			change(i, &r)
		}
		if _, err := w.Write([]trip{r}); err != nil {
			t.Fatal(err)
		}
		if i%400 == 399 {
			must(t, w.Flush())
		}
	}
	must(t, w.Close())
	return b.String()
}

func jsonOf(n int, line func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i) + "\n")
	}
	return b.String()
}

func tableOf(t testing.TB, name, text string) (dataset.Table, error) {
	t.Helper()
	return dataset.Summarise(context.Background(), name, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
}

func columnsOf(table dataset.Table) string {
	var words []string
	for _, c := range table.Columns {
		words = append(words, c.Name+":"+c.Type)
	}
	return strings.Join(words, " ")
}

func TestTablesBeyondCSV(t *testing.T) {
	table, err := tableOf(t, "t.parquet", parquetOf(t, 1000, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := columnsOf(table); table.Rows != 1000 || !strings.HasPrefix(got, "id:integer city:text fare:number paid:boolean at:datetime price:number tags.list.element:text") {
		t.Errorf("%d rows, %s", table.Rows, got)
	}
	if c := table.Columns[1]; c.Missing != 333 || c.Distinct != 2 || c.Declared == "" {
		t.Errorf("%+v", c)
	}
	if c := table.Columns[5]; fmt.Sprint(c.Max) != "999" {
		t.Errorf("a decimal's most is %v", c.Max)
	}
	table, err = tableOf(t, "t.jsonl", "\xef\xbb\xbf"+jsonOf(500, func(i int) string {
		if i%5 == 0 {
			return fmt.Sprintf(`{"id": %d, "name": null, "late": {"a": [1, 2]}}`, i)
		}
		return fmt.Sprintf(`{"name": "n\u00e9%d", "id": %d}`, i%7, i) + "\r"
	}))
	if err != nil || columnsOf(table) != "id:integer name:text late:text" || table.Columns[1].Missing != 100 || table.Columns[2].Missing != 400 || !table.Columns[0].Unique {
		t.Errorf("%+v %v", table, err)
	}
}

// TestFilesThatAreNoTables are kept, told, and never make the program fall.
func TestFilesThatAreNoTables(t *testing.T) {
	good := parquetOf(t, 500, nil)
	bad := map[string]string{
		"a.jsonl": "{\"a\":1}\n[1]\n", "b.jsonl": "{\"a\":1", "c.jsonl": "{\"a\":1} {\"a\":2}\n", "d.jsonl": "", "e.jsonl": "hello\n", "f.jsonl": "{\"a\":" + strings.Repeat("[", 20_000) + "\n",
		"g.parquet": "", "h.parquet": "PAR1", "i.parquet": good[:len(good)/2], "j.parquet": "PAR1" + strings.Repeat("\xff", 100) + "PAR1",
	}
	for name, text := range bad {
		if _, err := tableOf(t, name, text); !errs.Is(err, errs.Invalid) || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := 0
	for at := 0; at < len(good); at += len(good)/60 + 1 {
		b := []byte(good)
		b[at] ^= 0x55
		if _, err := tableOf(t, "t.parquet", string(b)); err != nil {
			if refused++; !errs.Is(err, errs.Invalid) {
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
	if refused == 0 {
		t.Error("no damaged file was refused")
	}
	h := open(t, project(t))
	write(t, h.dir, "d/bad.parquet", bad["i.parquet"])
	write(t, h.dir, "d/ok.jsonl", "{\"a\":1}\n")
	h.add(t, "d", "d")
	p, err := h.Profile(t.Context(), h.snap(t, "d"))
	if err != nil || len(p.Warnings) != 1 || p.Rows != 1 || p.Opaque != 1 {
		t.Errorf("%+v %v", p, err)
	}
}

// TestRowsDifferInEveryFormat: what was added, removed and changed is counted alike.
func TestRowsDifferInEveryFormat(t *testing.T) {
	line := func(i int, v string) string { return fmt.Sprintf(`{"id":%d,"v":%q}`, i, v) }
	for name, sides := range map[string][2]string{
		"t.jsonl": {
			jsonOf(1000, func(i int) string { return line(i, "x") }),
			jsonOf(1000, func(i int) string {
				if i < 10 {
					return line(i, "changed")
				}
				return line(i+5, "x")
			}),
		},
		"t.parquet": {
			parquetOf(t, 1000, nil),
			parquetOf(t, 1000, func(i int, r *trip) {
				if i < 10 {
					r.City = "changed"
				} else {
					n := i + 5
					*r = trip{int64(n), []string{"Oslo", "Bergen", ""}[n%3], float64(n) / 4, n%2 == 0, time.UnixMilli(1772366400000).UTC().Add(time.Duration(n) * time.Hour), int32(n * 100), []string{"a", "b"}[:n%3%2+0]}
				}
			}),
		},
	} {
		h := open(t, project(t))
		write(t, h.dir, name, sides[0])
		h.add(t, "t", name)
		h.snap(t, "t")
		write(t, h.dir, name, sides[1])
		h.snap(t, "t")
		for _, key := range [][]string{nil, {"id"}} {
			d, err := h.Diff(t.Context(), "t", 1, 2, key)
			if err != nil || len(d.Tables) != 1 {
				t.Fatalf("%s: %+v %v", name, d, err)
			}
			if got := d.Tables[0]; got.Added != 5 || got.Removed != 5 || got.Changed != 10 || got.Same != 985 {
				t.Errorf("%s by %v: %+v", name, key, got)
			}
		}
		rows, err := h.Rows(t.Context(), h.latest(t, "t"), "", 10, 2)
		if err != nil || len(rows.Rows) != 2 || rows.Rows[0][0] != "15" || rows.Total != 1000 {
			t.Errorf("%s: %+v %v", name, rows, err)
		}
	}
}

func (h *house) latest(t testing.TB, name string) dataset.Snapshot {
	t.Helper()
	snap, err := h.Find(context.Background(), name)
	must(t, err)
	return snap
}

// TestTypesThatFilesDeclare are told where they changed, though the values read alike.
func TestTypesThatFilesDeclare(t *testing.T) {
	type numbers struct {
		ID int64   `parquet:"id"`
		V  float64 `parquet:"v"`
	}
	type words struct {
		ID int64  `parquet:"id"`
		V  string `parquet:"v"`
	}
	var one, two bytes.Buffer
	a, b := parquet.NewGenericWriter[numbers](&one), parquet.NewGenericWriter[words](&two)
	for i := range 100 {
		_, _ = a.Write([]numbers{{int64(i), float64(i) + 0.5}})
		_, _ = b.Write([]words{{int64(i), fmt.Sprint(float64(i) + 0.5)}})
	}
	must(t, a.Close())
	must(t, b.Close())
	for name, sides := range map[string][2]string{
		"t.parquet": {one.String(), two.String()},
		"t.jsonl":   {"{\"id\":1,\"v\":0.5}\n{\"id\":2,\"v\":null}\n", "{\"id\":1,\"v\":\"0.5\"}\n{\"id\":2}\n"},
	} {
		h := open(t, project(t))
		write(t, h.dir, name, sides[0])
		h.add(t, "t", name)
		h.snap(t, "t")
		write(t, h.dir, name, sides[1])
		h.snap(t, "t")
		d, err := h.Diff(t.Context(), "t", 1, 2, nil)
		if err != nil || len(d.Tables) != 1 || len(d.Tables[0].Types) != 1 || d.Tables[0].Types[0].Column != "v" {
			t.Fatalf("%s: %+v %v", name, d, err)
		}
		if r := d.Tables[0].Types[0]; r.From == r.To || !strings.EqualFold(r.To, "string") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
