package dataset_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"rondo/backend/dataset"
	"rondo/backend/dataset/table/tabletest"
)

// TestTablesThatAreNone are kept and told of beside those that are.
func TestTablesThatAreNone(t *testing.T) {
	good := tabletest.Parquet(t, 500, nil)
	h := open(t, project(t))
	write(t, h.dir, "d/bad.parquet", good[:len(good)/2])
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
			tabletest.Lines(1000, func(i int) string { return line(i, "x") }),
			tabletest.Lines(1000, func(i int) string {
				if i < 10 {
					return line(i, "changed")
				}
				return line(i+5, "x")
			}),
		},
		"t.parquet": {
			tabletest.Parquet(t, 1000, nil),
			tabletest.Parquet(t, 1000, func(i int, r *tabletest.Trip) {
				if i < 10 {
					r.City = "changed"
				} else {
					*r = tabletest.Row(i + 5)
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
