package api

import (
	"context"

	"rondo/backend/run"
)

// SealQuery says what is to be sealed.
type SealQuery struct {
	Owners []string `json:"owners"` // runs and logged models; none: all of them, and the files of traces
	Accept bool     `json:"accept"` // also what differs from its seal: it is meant so
}

// seal writes down what files hold that have no seal yet.
func (a *API) seal(ctx context.Context, in SealQuery) (run.Sealed, error) {
	out, err := a.Runs.Seal(ctx, in.Owners, in.Accept)
	if err != nil || len(in.Owners) > 0 {
		return out, err
	}
	if err := a.House.Seal(ctx); err != nil {
		return out, err
	}
	n, damaged, err := a.Traces.Seal(ctx, in.Accept)
	out.Add(run.Sealed{Files: n, Damaged: damaged})
	return out, err
}
