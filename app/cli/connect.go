package cli

import (
	"context"

	"rondo/app/client"
	"rondo/backend/errs"
)

func connect(ctx context.Context, c *call) (*client.Client, error) {
	return nil, errs.New(errs.Unavailable, "no server")
}
