package dvc

import (
	"context"
	"os"
	"slices"
)

// DataBetween is what `dvc diff` tells: how what is tracked differs between two revisions, file
// by file, and what of the first the cache does not have, where the other is the Workspace.
type DataBetween struct {
	DataDiff
	NotInCache []string
}

// DiffData compares what two revisions track. Workspace is what lies in the folder.
func (p *Project) DiffData(ctx context.Context, from, to string) (out DataBetween, err error) {
	old, err := p.dataAt(ctx, from)
	if err != nil {
		return out, err
	}
	now, err := p.dataAt(ctx, to)
	if err != nil {
		return out, err
	}
	out.DataDiff, _ = compareData(old, now)
	if to != Workspace {
		return out, nil
	}
	for _, at := range slices.Sorted(keysOf(old.at)) {
		l := old.at[at]
		if _, err := os.Stat(p.Cache.Path(l.hash, l.md5)); err != nil {
			out.NotInCache = append(out.NotInCache, l.name())
		}
	}
	return out, nil
}

// dataAt is what is tracked in a revision, with all files of folders.
func (p *Project) dataAt(ctx context.Context, rev string) (dataIndex, error) {
	then, err := p.At(rev)
	if err != nil {
		return dataIndex{}, err
	}
	s := then.extent(true, nil)
	if then == p {
		return p.there(ctx, s)
	}
	defer then.Close()
	return then.recorded(s), nil
}
