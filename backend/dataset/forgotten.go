package dataset

import (
	"encoding/json"
	"slices"

	"rondo/backend/journal"
)

// Forgotten tells from the records of all devices, in their order, of which snapshots the content
// may be gone, by id: one was forgotten, or its dataset was removed, and nobody has brought it back.
type Forgotten map[string]bool

// Hear takes a record; those of anything else are passed over.
func (f Forgotten) Hear(rec journal.Record) {
	var in struct {
		Snapshots []string
		Snapshot  string
	}
	if !slices.Contains([]string{"snapshot.forget", "snapshot.tag", "dataset.remove", "dataset.restore"}, rec.Kind) || json.Unmarshal(rec.Data, &in) != nil {
		return
	}
	switch rec.Kind {
	case "snapshot.forget":
		f[rec.ID] = true
	case "snapshot.tag":
		delete(f, in.Snapshot)
	}
	for _, id := range in.Snapshots {
		f[id] = rec.Kind == "dataset.remove"
	}
}
