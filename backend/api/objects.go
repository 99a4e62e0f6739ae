package api

import (
	"context"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
)

// storeRoutes are about the objects of all datasets together.
func (a *API) storeRoutes(r *Router) {
	Post(r, "/objects/verify", a.verifyObjects)
	Post(r, "/objects/repair", a.repairObjects)
	Post(r, "/objects/collect", a.collectObjects)
	Get(r, "/objects/usage", a.objectUsage)
	Post(r, "/snapshots/retain", a.retainSnapshots)
	Get(r, "/remotes", a.listRemotes)
	Post(r, "/remotes", a.setRemote)
	Get(r, "/remotes/status", a.remoteStatus)
	Post(r, "/remotes/push", a.pushSnapshots)
	Post(r, "/remotes/fetch", a.fetchSnapshots)
	Post(r, "/remotes/pull", a.pullSnapshot)
	Post(r, "/remotes/collect", a.collectRemote)
	Post(r, "/remotes/verify", a.verifyRemote)
}

func (a *API) verifyObjects(ctx context.Context, in dataset.VerifyAll) (dataset.Verified, error) {
	return a.Datasets.VerifyAll(ctx, in)
}

func (a *API) repairObjects(ctx context.Context, in dataset.Repair) (dataset.Repaired, error) {
	return a.Datasets.Repair(ctx, in)
}

func (a *API) objectUsage(ctx context.Context, _ Nothing) (dataset.Usage, error) {
	return a.Datasets.Usage(ctx)
}

func (a *API) retainSnapshots(ctx context.Context, in dataset.Retain) ([]dataset.Retained, error) {
	return a.Datasets.Retain(ctx, in)
}

func (a *API) collectObjects(ctx context.Context, in dataset.Collect) (dataset.Collected, error) {
	return a.Datasets.Collect(ctx, in)
}

// collectRemote removes from a remote what no snapshot refers to.
func (a *API) collectRemote(ctx context.Context, in dataset.CollectRemote) (dataset.CollectedRemote, error) {
	return a.Datasets.CollectRemote(ctx, in)
}

// verifyRemote reads what a remote has and names what is damaged or missing there.
func (a *API) verifyRemote(ctx context.Context, in dataset.VerifyRemote) (dataset.VerifiedRemote, error) {
	return a.Datasets.VerifyRemote(ctx, in)
}

func (a *API) listRemotes(context.Context, Nothing) ([]far.Remote, error) {
	return a.Datasets.Remotes()
}

// setRemote names a place; an empty address takes the name away.
func (a *API) setRemote(_ context.Context, in far.Remote) ([]far.Remote, error) {
	if err := a.Datasets.SetRemote(in); err != nil {
		return nil, err
	}
	return a.Datasets.Remotes()
}

type remoteName struct {
	Remote string `query:"remote"` // empty: the only one
}

func (a *API) remoteStatus(ctx context.Context, in remoteName) ([]dataset.RemoteStatus, error) {
	return a.Datasets.RemoteStatus(ctx, in.Remote)
}

func (a *API) pushSnapshots(ctx context.Context, in dataset.Exchange) (dataset.Exchanged, error) {
	return a.Datasets.Push(ctx, in)
}

type fetchSnapshots struct {
	dataset.Exchange
	Part *dataset.Part `json:"part,omitempty"` // one snapshot or some files of it, in place of datasets
}

func (a *API) fetchSnapshots(ctx context.Context, in fetchSnapshots) (dataset.Exchanged, error) {
	if in.Part == nil {
		return a.Datasets.Fetch(ctx, in.Exchange)
	}
	if in.Part.Remote == "" {
		in.Part.Remote = in.Remote
	}
	return a.Datasets.FetchPart(ctx, *in.Part)
}

type pullSnapshot struct {
	Remote  string   `json:"remote,omitempty"` // empty: the only one
	Dataset string   `json:"dataset"`
	Number  int      `json:"number,omitempty"` // 0: the one that the pointer names
	Paths   []string `json:"paths,omitempty"`  // files and folders in the dataset; empty: all
	Force   bool     `json:"force,omitempty"`  // overwrite work that no snapshot has
}

type pulled struct {
	Snapshot  dataset.CheckedOut `json:"snapshot"`
	Exchanged dataset.Exchanged  `json:"exchanged"`
}

func (a *API) pullSnapshot(ctx context.Context, in pullSnapshot) (pulled, error) {
	if len(in.Paths) > 0 {
		done, x, err := a.Datasets.PullPart(ctx, dataset.Part{Remote: in.Remote, Dataset: in.Dataset, Number: in.Number, Paths: in.Paths}, in.Force)
		return pulled{done, x}, err
	}
	done, x, err := a.Datasets.Pull(ctx, in.Remote, in.Dataset, in.Number, in.Force)
	return pulled{done, x}, err
}
