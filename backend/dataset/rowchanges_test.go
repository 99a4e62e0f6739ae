package dataset_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/table/tabletest"
	"rondo/backend/errs"
)

// changedTable is d.csv with 300 rows, of which every third is another in its second snapshot,
// whose rows stand the other way round; ten are gone and ten new.
func changedTable(t *testing.T) *house {
	h := open(t, project(t))
	write(t, h.dir, "d.csv", "id,v,w\n"+tabletest.Lines(300, func(i int) string { return fmt.Sprintf("%d,%d,same", i, i) }))
	h.add(t, "d", "d.csv")
	h.snap(t, "d")
	write(t, h.dir, "d.csv", "w,id,v\n"+tabletest.Lines(300, func(i int) string {
		id := 309 - i
		if id%3 == 0 {
			return fmt.Sprintf("same,%d,other", id)
		}
		return fmt.Sprintf("same,%d,%d", id, id)
	}))
	h.snap(t, "d")
	return h
}

// TestRowChangesByPage: pages together are all rows that differ, each once, with the cells that do.
func TestRowChangesByPage(t *testing.T) {
	h := changedTable(t)
	ask := func(change string, offset int64, limit int) dataset.RowChanges {
		r, err := h.RowChanges(t.Context(), "d", dataset.AskRows{Path: "d.csv", Change: change, Offset: offset, Limit: limit})
		must(t, err)
		return r
	}
	var ids []string
	for offset := int64(0); ; {
		r := ask("changed", offset, 30)
		if len(r.Rows) == 0 {
			break
		}
		if r.Total != 96 || !slices.Equal(r.Columns, []string{"w", "id", "v"}) || !slices.Equal(r.Key, []string{"id"}) {
			t.Fatalf("%+v", r)
		}
		for _, row := range r.Rows {
			if !slices.Equal(row.Differs, []int{2}) || row.From[1] != row.To[1] || row.From[2] != row.To[1] || row.To[2] != "other" || fmt.Sprint(310-row.Number) != row.To[1] {
				t.Errorf("%+v", row)
			}
			ids = append(ids, row.To[1])
		}
		offset += int64(len(r.Rows))
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 96 {
		t.Errorf("%d rows in all: %v", len(ids), ids)
	}
	added, removed := ask("added", 0, 0), ask("removed", 8, 5)
	if added.Total != 10 || len(added.Rows) != 10 || added.Rows[0].From != nil || added.Rows[0].To[1] != "309" {
		t.Errorf("%+v", added)
	}
	if removed.Total != 10 || len(removed.Rows) != 2 || removed.Rows[1].To != nil || removed.Rows[1].From[0] != "9" || removed.Rows[1].Number != 10 {
		t.Errorf("%+v", removed)
	}
}

// TestAPageOfRowsIsBoundedByWhatTheyHold: it ends early, with a row at least, and the next goes on there.
func TestAPageOfRowsIsBoundedByWhatTheyHold(t *testing.T) {
	h := open(t, project(t))
	large := func(word string) string {
		return "id,v\n" + tabletest.Lines(5, func(i int) string { return fmt.Sprint(i) + "," + strings.Repeat(word, 400_000) })
	}
	write(t, h.dir, "d.csv", large("abcd"))
	h.add(t, "d", "d.csv")
	h.snap(t, "d")
	write(t, h.dir, "d.csv", large("abce"))
	h.snap(t, "d")
	pages := []int{}
	for offset := int64(0); offset < 5; {
		r, err := h.RowChanges(t.Context(), "d", dataset.AskRows{Path: "d.csv", Key: []string{"id"}, Change: "changed", Offset: offset, Limit: 5})
		must(t, err)
		if r.Total != 5 || len(r.Rows) == 0 || r.Rows[0].To[0] != fmt.Sprint(offset) {
			t.Fatalf("%d rows of %d from %d", len(r.Rows), r.Total, offset)
		}
		pages = append(pages, len(r.Rows))
		offset += int64(len(r.Rows))
	}
	if !slices.Equal(pages, []int{2, 2, 1}) {
		t.Errorf("pages of %v rows, 3.2 MB each", pages)
	}
}

// TestRowChangesThatCannotBeTold are refused with the reason.
func TestRowChangesThatCannotBeTold(t *testing.T) {
	h := changedTable(t)
	for _, c := range []struct {
		in   dataset.AskRows
		kind errs.Kind
	}{
		{dataset.AskRows{Path: "d.csv", Change: "else"}, errs.Invalid},
		{dataset.AskRows{Path: "d.csv", Change: "added", Offset: -1}, errs.Invalid},
		{dataset.AskRows{Path: "d.csv", Change: "added", Limit: 1001}, errs.Invalid},
		{dataset.AskRows{Path: "d.csv", Change: "added", Key: []string{"w"}}, errs.Invalid},
		{dataset.AskRows{Path: "../d.csv", Change: "added"}, errs.NotFound},
		{dataset.AskRows{Path: "d.csv", Change: "added", From: 7, To: 2}, errs.NotFound},
	} {
		if r, err := h.RowChanges(t.Context(), "d", c.in); !errs.Is(err, c.kind) {
			t.Errorf("%+v: %+v %v", c.in, r, err)
		}
	}
}
