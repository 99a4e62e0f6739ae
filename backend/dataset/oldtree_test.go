package dataset_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/index"
	"rondo/backend/ref"
)

// TestATreeOfOldIsTheSameContent: a snapshot of many files that was taken when their tree was
// one list in JSON is found again by what it holds, and gets no second number.
func TestATreeOfOldIsTheSameContent(t *testing.T) {
	h := open(t, project(t))
	for i := range 1200 {
		write(t, h.dir, fmt.Sprintf("data/%04d.txt", i), fmt.Sprintf("%06d", i*i))
	}
	h.add(t, "d", "data")
	now := h.snap(t, "d")
	list, err := h.store.OpenListing(t.Context(), now.Tree)
	must(t, err)
	tree, err := list.Tree(t.Context())
	must(t, err)
	b, err := json.Marshal(tree)
	must(t, err)

	old := open(t, project(t))
	old.add(t, "d", writeIn(t, old, "data/0000.txt", "000000"))
	for i := range 1200 {
		write(t, old.dir, fmt.Sprintf("data/%04d.txt", i), fmt.Sprintf("%06d", i*i))
	}
	digest, err := old.store.PutBytes(t.Context(), b)
	must(t, err)
	if is, err := old.store.IsList(t.Context(), digest); err != nil || !is || digest == now.Tree {
		t.Fatalf("it is no list: %v %v", is, err)
	}
	id := ref.NewID()
	_, err = old.ledger.Do(t.Context(), "snapshot.create", id, func(*index.Tx) (any, error) {
		return dataset.Snapshot{Dataset: "d", Path: "data", Number: 1, Tree: digest, Files: now.Files, Size: now.Size}, nil
	})
	must(t, err)
	if s := old.snap(t, "d"); s.ID != id || s.Number != 1 {
		t.Errorf("the same content is snapshot %d", s.Number)
	}
	write(t, old.dir, "data/0007.txt", "000000")
	if s := old.snap(t, "d"); s.Number != 2 {
		t.Errorf("other content of the same size is snapshot %d", s.Number)
	}
	if is, err := h.store.IsList(t.Context(), now.Tree); err != nil || is {
		t.Errorf("a tree of nodes is a list: %v %v", is, err)
	}
}
