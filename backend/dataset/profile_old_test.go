package dataset_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/profile"
	"rondo/backend/index"
)

// TestAProfileOfAnEarlierReaderIsMadeAnew where the data is here, and once; where it is not, the old one is told.
func TestAProfileOfAnEarlierReaderIsMadeAnew(t *testing.T) {
	h := open(t, project(t))
	write(t, h.dir, "a.csv", csv1)
	h.add(t, "d", "a.csv")
	snap := h.snap(t, "d")
	var made dataset.Profile
	text, err := h.store.ReadAll(t.Context(), snap.Profile, 1<<20)
	must(t, err)
	must(t, json.Unmarshal(text, &made))
	made.Tables[0].Form, made.Tables[0].Columns[0].Name = profile.Form-1, "as it was read once"
	old, err := json.Marshal(made)
	must(t, err)
	d, err := h.store.PutBytes(t.Context(), old)
	must(t, err)
	_, err = h.ledger.Do(t.Context(), "snapshot.profile", snap.ID, func(*index.Tx) (any, error) {
		return map[string]any{"profile": d, "rows": made.Rows}, nil
	})
	must(t, err)
	snap, err = h.Find(t.Context(), snap.ID)
	must(t, err)
	if snap.Profile != d {
		t.Fatal("the old profile is not that of the snapshot")
	}
	p, err := h.Profile(t.Context(), snap)
	if err != nil || p.Tables[0].Form != profile.Form || strings.Contains(p.Tables[0].Columns[0].Name, "once") {
		t.Errorf("%+v %v", p, err)
	}
	now, err := h.Find(t.Context(), snap.ID)
	if err != nil || now.Profile == d {
		t.Error("it is made each time anew")
	}
}
