package mlflow

import (
	"context"

	"rondo/backend/errs"
)

func (d *Door) aliasRoutes() []route {
	name, alias := need(text("name")), need(text("alias"))
	const path = "/mlflow/registered-models/alias"
	return []route{
		post(path, d.setAlias, name, alias, need(text("version"))),
		get(path, d.getByAlias, name, alias),
		remove(path, d.deleteAlias, name, alias),
	}
}

const aliasReason = "an MLflow client asked for it"

func (d *Door) setAlias(ctx context.Context, in message) (any, error) {
	n, err := versionNumber(in.text("version"))
	if err != nil {
		return nil, err
	}
	_, err = d.opts.Registry.Alias(ctx, in.text("name"), in.text("alias"), n, aliasReason, "")
	return nothing{}, err
}

// getByAlias answers a missing alias of a model that exists as the protocol does.
func (d *Door) getByAlias(ctx context.Context, in message) (any, error) {
	name, alias := in.text("name"), in.text("alias")
	n, err := d.opts.Registry.Resolve(ctx, name, alias)
	if errs.Is(err, errs.NotFound) {
		if _, e := d.opts.Registry.Model(ctx, name); e == nil {
			return nil, errs.New(errs.Invalid, "Registered model alias %s not found.", short(alias, 255))
		}
	}
	if err != nil {
		return nil, err
	}
	return d.answerVersion(ctx, name, n)
}

// deleteAlias of one that is not set changes nothing, and leaves nothing in the history.
func (d *Door) deleteAlias(ctx context.Context, in message) (any, error) {
	name, alias := in.text("name"), in.text("alias")
	if _, err := d.opts.Registry.Resolve(ctx, name, alias); err != nil {
		if _, missing := d.opts.Registry.Model(ctx, name); missing != nil {
			return nil, missing
		}
		if errs.Is(err, errs.NotFound) {
			err = nil
		}
		return nothing{}, err
	}
	_, err := d.opts.Registry.Alias(ctx, name, alias, 0, aliasReason, "")
	return nothing{}, err
}
