package api

import (
	"context"
	"net/http"

	"rondo/backend/dataset"
	"rondo/backend/dataset/query"
	"rondo/backend/errs"
	"rondo/backend/store"
)

func (a *API) datasetRoutes(r *Router) {
	Get(r, "/datasets", a.listDatasets)
	Post(r, "/datasets", a.addDataset)
	Post(r, "/datasets/add", a.addTaking)
	Get(r, "/pointers", func(ctx context.Context, _ Nothing) ([]dataset.Pointed, error) { return a.Datasets.Pointed(ctx) })
	Get(r, "/datasets/{name}", a.getDataset)
	Delete(r, "/datasets/{name}", func(ctx context.Context, in datasetName) (dataset.Removed, error) {
		return a.Datasets.Remove(ctx, in.Name)
	})
	Post(r, "/datasets/{name}/restore", func(ctx context.Context, in datasetName) (dataset.Removed, error) {
		return a.Datasets.Restore(ctx, in.Name)
	})
	Get(r, "/datasets/{name}/snapshots", a.listSnapshots)
	Post(r, "/datasets/{name}/snapshots", a.takeSnapshot)
	Get(r, "/datasets/{name}/snapshots/{number}", a.getSnapshot)
	Get(r, "/datasets/{name}/snapshots/{number}/files/page", a.pageSnapshotFiles)
	Get(r, "/datasets/{name}/snapshots/{number}/profile", a.getProfile)
	Get(r, "/datasets/{name}/snapshots/{number}/rows", a.getRows)
	Get(r, "/datasets/{name}/snapshots/{number}/files", a.listSnapshotFiles)
	Raw(r, http.MethodGet, "/datasets/{name}/snapshots/{number}/file", a.snapshotFile, "a file of a snapshot as a download, or with inline=1 to be looked at; path= names it")
	Get(r, "/datasets/{name}/snapshots/{number}/lineage", a.getLineage)
	Get(r, "/datasets/{name}/diff", a.diffSnapshots)
	Get(r, "/datasets/{name}/diff/rows", a.diffRows)
	Get(r, "/datasets/{name}/status", a.datasetStatus)
	Post(r, "/datasets/{name}/checkout", a.checkoutSnapshot)
	Post(r, "/datasets/{name}/verify", a.verifySnapshot)
	Post(r, "/datasets/{name}/unprotect", a.unprotectData)
	Post(r, "/datasets/import", a.importData)
	Post(r, "/datasets/{name}/snapshots/{number}/sql", a.askSQL)
	Post(r, "/datasets/{name}/update", a.updateData)
	Get(r, "/datasets/{name}/tags", a.listTags)
	Post(r, "/datasets/{name}/tags", a.setTag)
	Get(r, "/datasets/{name}/tags/{tag}", a.tagHistory)
	Delete(r, "/datasets/{name}/tags/{tag}", a.removeTag)
	a.storeRoutes(r)
	a.trackedRoutes(r)
}

type listDatasets struct {
	Removed bool `query:"removed"` // those that are not tracked any more, in place of the others
}

func (a *API) listDatasets(ctx context.Context, in listDatasets) ([]dataset.Dataset, error) {
	if in.Removed {
		return a.Datasets.RemovedDatasets(ctx)
	}
	return a.Datasets.List(ctx)
}

type addDataset struct {
	Name string `json:"name,omitempty"` // empty: the path's base without its extension
	Path string `json:"path"`
	Desc string `json:"desc,omitempty"`
}

func (a *API) addDataset(ctx context.Context, in addDataset) (dataset.Dataset, error) {
	return a.Datasets.Add(ctx, in.Name, in.Path, in.Desc)
}

// addTaking adds a dataset with its first snapshot; where that is refused, nothing is added.
type addTaking struct {
	addDataset
	Message string `json:"message,omitempty"`
	Commit  bool   `json:"commit,omitempty"` // commit the pointer to git
}

func (a *API) addTaking(ctx context.Context, in addTaking) (dataset.Snapshot, error) {
	return a.Datasets.AddTaking(ctx, in.Name, in.Path, in.Desc, dataset.Take{Message: in.Message, Commit: in.Commit})
}

type datasetName struct {
	Name string `path:"name"`
}

func (a *API) getDataset(ctx context.Context, in datasetName) (dataset.Dataset, error) {
	return a.Datasets.Get(ctx, in.Name)
}

func (a *API) listSnapshots(ctx context.Context, in datasetName) ([]dataset.Snapshot, error) {
	return a.Datasets.Snapshots(ctx, in.Name)
}

type datasetStatus struct {
	Name    string `path:"name"`
	LeftOut bool   `query:"left_out"` // with what .rondoignore leaves out, for which all names are looked at
}

func (a *API) datasetStatus(ctx context.Context, in datasetStatus) (dataset.Status, error) {
	if in.LeftOut {
		return a.Datasets.StatusRuled(ctx, in.Name)
	}
	return a.Datasets.Status(ctx, in.Name)
}

type takeSnapshot struct {
	Name    string `path:"name"`
	Message string `json:"message,omitempty"`
	Commit  bool   `json:"commit,omitempty"` // commit the pointer to git
	Force   bool   `json:"force,omitempty"`  // take files that a stop of the machine, or a disk, may have damaged

	Without []string `json:"without,omitempty"` // leave out files and folders that were never fetched
}

func (a *API) takeSnapshot(ctx context.Context, in takeSnapshot) (dataset.Snapshot, error) {
	return a.Datasets.Snapshot(ctx, in.Name, dataset.Take{Message: in.Message, Commit: in.Commit, Force: in.Force, Without: in.Without})
}

type snapshotNumber struct {
	Name   string `path:"name"`
	Number int    `path:"number"`
}

func (a *API) findSnapshot(ctx context.Context, in snapshotNumber) (dataset.Snapshot, error) {
	if in.Number < 1 {
		return dataset.Snapshot{}, errs.New(errs.Invalid, "a snapshot's number is 1 or more")
	}
	return a.Datasets.Find(ctx, dataset.Ref(in.Name, in.Number))
}

// snapshotDetail is a snapshot with what was made from it.
type snapshotDetail struct {
	dataset.Snapshot
	UsedBy []dataset.Use `json:"used_by"`
}

func (a *API) getSnapshot(ctx context.Context, in snapshotNumber) (snapshotDetail, error) {
	snap, err := a.findSnapshot(ctx, in)
	if err != nil {
		return snapshotDetail{}, err
	}
	uses, err := a.Datasets.Uses(ctx, snap.ID)
	return snapshotDetail{snap, uses}, err
}

func (a *API) getLineage(ctx context.Context, in snapshotNumber) (dataset.Lineage, error) {
	snap, err := a.findSnapshot(ctx, in)
	if err != nil {
		return dataset.Lineage{}, err
	}
	return a.Datasets.Lineage(ctx, snap)
}

func (a *API) getProfile(ctx context.Context, in snapshotNumber) (dataset.Profile, error) {
	snap, err := a.findSnapshot(ctx, in)
	if err != nil {
		return dataset.Profile{}, err
	}
	return a.Datasets.Profile(ctx, snap)
}

type rowsPage struct {
	snapshotNumber
	File   string `query:"file"` // empty: the first table
	Offset int64  `query:"offset"`
	Limit  int    `query:"limit"`
}

func (a *API) getRows(ctx context.Context, in rowsPage) (query.Rows, error) {
	snap, err := a.findSnapshot(ctx, in.snapshotNumber)
	if err != nil {
		return query.Rows{}, err
	}
	return a.Datasets.Rows(ctx, snap, in.File, in.Offset, in.Limit)
}

func (a *API) listSnapshotFiles(ctx context.Context, in snapshotNumber) ([]store.TreeFile, error) {
	snap, err := a.findSnapshot(ctx, in)
	if err != nil {
		return nil, err
	}
	return a.Datasets.Files(ctx, snap)
}

type filesPage struct {
	snapshotNumber
	Find   string `query:"find"` // a part of the path, in large or small letters
	Offset int64  `query:"offset"`
	Limit  int    `query:"limit"` // at most 10,000
}

func (a *API) pageSnapshotFiles(ctx context.Context, in filesPage) (dataset.FilesPage, error) {
	snap, err := a.findSnapshot(ctx, in.snapshotNumber)
	if err != nil {
		return dataset.FilesPage{}, err
	}
	return a.Datasets.FilesPage(ctx, snap, in.Find, in.Offset, in.Limit)
}

type diffSnapshots struct {
	Name string   `path:"name"`
	From int      `query:"from"` // 0: the one before to
	To   int      `query:"to"`   // 0: the latest
	Key  []string `query:"key"`  // columns that tell rows apart
}

func (a *API) diffSnapshots(ctx context.Context, in diffSnapshots) (dataset.Diff, error) {
	return a.Datasets.Diff(ctx, in.Name, in.From, in.To, in.Key)
}

type diffRows struct {
	diffSnapshots
	Path   string `query:"path"`   // of the table
	Change string `query:"change"` // changed, added or removed
	Offset int64  `query:"offset"`
	Limit  int    `query:"limit"` // at most 1,000; 0: 100
}

func (a *API) diffRows(ctx context.Context, in diffRows) (dataset.RowChanges, error) {
	return a.Datasets.RowChanges(ctx, in.Name, dataset.AskRows{
		From: in.From, To: in.To, Key: in.Key, Path: in.Path, Change: in.Change, Offset: in.Offset, Limit: in.Limit,
	})
}

type checkoutSnapshot struct {
	Name   string `path:"name"`
	Number int    `json:"number,omitempty"` // 0: the one that the pointer names
	Force  bool   `json:"force,omitempty"`  // overwrite work that no snapshot has

	Paths []string `json:"paths,omitempty"` // of files and folders in the dataset; empty: all of it
}

func (a *API) checkoutSnapshot(ctx context.Context, in checkoutSnapshot) (dataset.CheckedOut, error) {
	return a.Datasets.CheckoutWith(ctx, in.Name, in.Number, dataset.Bring{Force: in.Force, Paths: in.Paths})
}

type verifySnapshot struct {
	Name   string `path:"name"`
	Number int    `json:"number,omitempty"` // 0: the latest
}

func (a *API) verifySnapshot(ctx context.Context, in verifySnapshot) (dataset.Verification, error) {
	return a.Datasets.Verify(ctx, in.Name, in.Number)
}

// unprotectData gives a dataset files of its own in the place of hard links.
func (a *API) unprotectData(ctx context.Context, in datasetName) (dataset.Unprotected, error) {
	return a.Datasets.Unprotect(ctx, in.Name)
}

func (a *API) importData(ctx context.Context, in dataset.Import) (dataset.Imported, error) {
	return a.Datasets.Import(ctx, in)
}

type updateData struct {
	Name string `path:"name"`
	dataset.Update
}

func (a *API) updateData(ctx context.Context, in updateData) (dataset.Imported, error) {
	return a.Datasets.Update(ctx, in.Name, in.Update)
}

type askSQL struct {
	snapshotNumber
	Query string `json:"query"`
}

// askSQL asks a question of a snapshot's tables; it changes nothing.
func (a *API) askSQL(ctx context.Context, in askSQL) (query.Answer, error) {
	snap, err := a.findSnapshot(ctx, in.snapshotNumber)
	if err != nil {
		return query.Answer{}, err
	}
	return a.Datasets.SQL(ctx, snap, in.Query)
}
