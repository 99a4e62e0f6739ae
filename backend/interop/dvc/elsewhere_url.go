package dvc

import (
	"context"
	"path"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// StorageURL is where the remote of a repository keeps a path that DVC tracks there, as `dvc get --show-url`
// tells it: a folder is its list. Whether it is there is not asked.
func (p *Project) StorageURL(ctx context.Context, in Elsewhere) (string, error) {
	t, err := p.openElsewhere(ctx, in)
	if err != nil {
		return "", err
	}
	defer t.Close()
	s, at, err := t.source(t.at)
	if err != nil {
		return "", t.lost(err)
	}
	defer s.Close()
	_, holder := s.outsAt(at)
	if holder == nil {
		return "", errs.New(errs.NotFound, "%s: DVC tracks no %s", redacted(in.From), t.at).WithHint("`rondo data ls %s --dvc-only` tells what it tracks", redacted(in.From))
	}
	e, _, err := s.tracked(ctx, *holder, strings.TrimPrefix(strings.TrimPrefix(at, holder.at), "/"))
	if err != nil {
		return "", t.lost(err)
	}
	return s.project.storageURL(*holder, at, e)
}

// storageURL is the address of what an out holds in its remote.
func (p *Project) storageURL(o tracked, at string, e metafile.Entry) (string, error) {
	name := firstText(o.out.Remote, p.Config["core"]["remote"])
	keys, ok := p.Config[`remote "`+name+`"`]
	if !ok {
		return "", errs.New(errs.Precondition, "the repository has no remote to keep %s in", at).WithHint("name one of its remotes with --remote")
	}
	url, err := p.farAddress(keys)
	if err != nil {
		return "", err
	}
	url, _, _ = strings.Cut(url, "?")
	url = strings.TrimSuffix(url, "/")
	if keepsVersions(keys) {
		return url + "/" + path.Clean(at), nil
	}
	return url + "/" + farName(e.Hash, e.Sum()), nil
}
