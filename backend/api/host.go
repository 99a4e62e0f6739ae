package api

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/host"
)

func (a *API) hostRoutes(r *Router) {
	Get(r, "/host", a.host)
	Get(r, "/host/history", a.hostHistory)
}

// HostState is the machine: what it is, how busy it is, and what a person should know.
type HostState struct {
	host.Facts
	DiskFree int64       `json:"disk_free_bytes"`
	Now      host.Sample `json:"now"`
	Hints    []host.Hint `json:"hints"` // worst first
}

var errNoHost = errs.New(errs.Unavailable, "this server does not watch its machine")

func (a *API) host(context.Context, Nothing) (HostState, error) {
	if a.Host == nil {
		return HostState{}, errNoHost
	}
	now := a.Host.Latest()
	return HostState{a.Host.Facts(), now.DiskFree, now, a.Host.Hints()}, nil
}

// HostQuery selects from the last while.
type HostQuery struct {
	After int64 `query:"after"` // ms since 1970
	Limit int   `query:"limit"`
}

func (a *API) hostHistory(_ context.Context, in HostQuery) ([]host.Sample, error) {
	if a.Host == nil {
		return nil, errNoHost
	}
	return a.Host.History(in.After, in.Limit), nil
}
