// Package dataset keeps versions of data: snapshots that never change, their
// schema and profile, the pointers that git versions, and what differs between two.
// How bytes are kept is backend/store's; which run used what is backend/run's.
package dataset

import (
	"context"
	"time"

	"rondo/backend/dataset/table"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Dataset is a path under version control.
type Dataset struct {
	Name   string    `json:"name"`
	Path   string    `json:"path"` // slash-separated, inside the project
	Desc   string    `json:"desc,omitempty"`
	Latest *Snapshot `json:"latest,omitempty"`
	Count  int       `json:"count"` // snapshots

	Removal *Removal `json:"removal,omitempty"` // it is not tracked any more; Restore brings it back
}

// Removal says since when a dataset is not tracked any more.
type Removal struct {
	At time.Time `json:"at"`
	By string    `json:"by,omitempty"`
}

// Snapshot is an immutable version of a dataset.
type Snapshot struct {
	ID        string     `json:"id"`
	Dataset   string     `json:"dataset"`
	Number    int        `json:"number"` // 1, 2, 3 … per dataset
	Path      string     `json:"path"`
	Single    bool       `json:"single"`           // the path is one file, not a folder
	Tree      ref.Digest `json:"tree"`             // store.Tree; of one file where Single
	Content   ref.Digest `json:"content,omitzero"` // SHA-256 of the file where Single
	Files     int        `json:"files"`
	Size      int64      `json:"size"`           // bytes
	Rows      int64      `json:"rows,omitempty"` // of all tables together, once profiled
	Message   string     `json:"message,omitempty"`
	Parent    string     `json:"parent,omitempty"` // snapshot before
	Profile   ref.Digest `json:"profile,omitzero"` // object with the Profile's JSON
	Git       *Git       `json:"git,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by,omitempty"`
	Decision  string     `json:"decision,omitempty"` // the decision that asked for it
	Origin    *Origin    `json:"origin,omitempty"`   // where it was imported from
	Fetched   []string   `json:"fetched,omitempty"`  // files and folders of it that were brought here; empty: all of it was
}

// Ref returns the snapshot's name for people, such as weather@2.
func (s Snapshot) Ref() string { return Ref(s.Dataset, s.Number) }

// Git is the state of the repository when the snapshot was taken.
type Git struct {
	Commit string     `json:"commit"`
	Branch string     `json:"branch,omitempty"`
	Dirty  bool       `json:"dirty"`
	Diff   ref.Digest `json:"diff,omitzero"` // object with the unified diff of what was not committed
}

// Take asks for a snapshot.
type Take struct {
	Message  string `json:"message,omitempty"`
	Commit   bool   `json:"commit,omitempty"` // commit the pointer to git
	Decision string `json:"decision,omitempty"`

	// Force takes files that a stop of the machine, or a disk, may have damaged: they are meant as they are.
	Force bool `json:"force,omitempty"`

	// Without names files and folders that were never fetched and are not to be in the new snapshot.
	Without []string `json:"without,omitempty"`

	Count *store.Count `json:"-"` // how far it has come, if somebody wants to know

	add    func() error // adds the dataset, whose first snapshot it is; nil: it is there
	origin *Origin      // where the content was imported from
	git    *Git         // the commit that it belongs to, if that is not the one that is checked out
}

// Setting is a dataset as rondo.yaml declares it.
type Setting struct {
	Path string
	Desc string
	Keep *Keep // nil: every snapshot is kept

	Header table.Header // of its CSV files
}

// Use says what was made with a snapshot, such as a run.
type Use struct {
	Kind string    `json:"kind"` // run, version, execution
	ID   string    `json:"id"`
	Name string    `json:"name"`
	At   time.Time `json:"at,omitzero"`
}

// Users finds what used a snapshot. The runs know; app joins them with this.
type Users func(ctx context.Context, snapshotID string) ([]Use, error)
