package server

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
)

func (h *house) launchStage(context.Context, pipeline.Launch) error {
	return errs.New(errs.Unavailable, "runs cannot be started by this build")
}
