package dvc

import (
	"context"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// imported reports whether an out came from elsewhere.
func (p *Project) imported(o tracked) bool {
	return slices.ContainsFunc(p.Singles, func(f SingleFile) bool { return f.Path == o.file && f.Import() })
}

// partial brings an import of which only its origin is recorded, at the version that is. Its
// .dvc file stays as it is, as with dvc; the checkout that follows knows what it is.
func (x *exchanging) partial(ctx context.Context, o tracked, d *metafile.SingleDep) error {
	var b brought
	var err error
	if d != nil {
		b, err = x.partialRepo(ctx, o, d)
	} else if f := x.p.addressOf(o); f != nil {
		b, err = x.p.takeImport(ctx, *f, takeHow{})
	}
	if err != nil {
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Precondition) || errs.Is(err, errs.Unavailable) {
			x.closed, err = firstError(x.closed, err), nil
		}
		return err
	}
	b.out.Path = o.entry.Path
	x.p.partials[o.at] = b.out
	x.done.Objects, x.done.Bytes = x.done.Objects+b.count, x.done.Bytes+b.n
	return nil
}

func (x *exchanging) partialRepo(ctx context.Context, o tracked, d *metafile.SingleDep) (b brought, err error) {
	if d.Repo.RevLock == "" {
		return b, errs.New(errs.Precondition, "%s: it was never said what to bring", o.file).WithHint("rondo data update %s takes what is there now", o.file)
	}
	from, err := x.p.repository(d.Repo.URL)
	if err != nil {
		return b, err
	}
	b, err = x.p.bringSource(ctx, from, d.Repo.RevLock, o, d)
	return b, err
}

// fromAddress brings what no remote has from where it was imported, if that is still what
// was imported. An origin that is another one now is told by the remote's own error.
func (x *exchanging) fromAddress(ctx context.Context, o tracked) (came bool, err error) {
	f := x.p.addressOf(o)
	if f == nil || !x.bring || f.Deps[0].DB != nil {
		return false, nil
	}
	b, err := x.p.takeImport(ctx, *f, takeHow{})
	if err != nil || b.out.MD5 != o.entry.MD5 {
		return false, ctx.Err()
	}
	x.done.Objects, x.done.Bytes = x.done.Objects+b.count, x.done.Bytes+b.n
	return true, nil
}
