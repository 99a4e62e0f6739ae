package dataset_test

import (
	"fmt"
	"path"
	"slices"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// TestFilesComeInPages of a tree that is a list in itself, and of one that has nodes: any page
// holds what the whole list has there.
func TestFilesComeInPages(t *testing.T) {
	for _, many := range []int{7, 4321} {
		h := open(t, project(t))
		for i := range many {
			write(t, h.dir, fmt.Sprintf("d/%d/File%d.txt", i%13, i), fmt.Sprint(i))
		}
		h.add(t, "d", "d")
		snap := h.snap(t, "d")
		all, err := h.Files(t.Context(), snap)
		must(t, err)
		if len(all) != many {
			t.Fatalf("%d files", len(all))
		}
		for _, ask := range []struct {
			find   string
			offset int64
			limit  int
		}{{"", 0, 3}, {"", 5, 1000}, {"", int64(many) - 1, 5}, {"", int64(many) + 5, 5}, {"", 1500, 2000}, {"FILE1", 0, 10_000}, {"file1", 1, 2}, {"nobody", 0, 5}} {
			want := slices.Clone(all)
			if ask.find != "" {
				want = slices.DeleteFunc(want, func(f store.TreeFile) bool {
					ok, _ := path.Match("*/File1*", f.Path)
					return !ok || ask.find == "nobody"
				})
			}
			total := int64(len(want))
			want = want[min(ask.offset, total):min(ask.offset+int64(ask.limit), total)]
			got, err := h.FilesPage(t.Context(), snap, ask.find, ask.offset, ask.limit)
			if err != nil || got.Total != total || !slices.Equal(got.Files, want) {
				t.Errorf("%+v of %d: %d of %d, want %d of %d: %v", ask, many, len(got.Files), got.Total, len(want), total, err)
			}
		}
		for _, limit := range []int{0, -1, 10_001} {
			if _, err := h.FilesPage(t.Context(), snap, "", 0, limit); !errs.Is(err, errs.Invalid) {
				t.Errorf("a limit of %d: %v", limit, err)
			}
		}
	}
}
