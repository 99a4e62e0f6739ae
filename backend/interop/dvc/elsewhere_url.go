package dvc

import (
	"context"
	"net/url"
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
	to, err := p.farAddress(keys)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(to); err == nil && len(u.Scheme) > 1 {
		u.User, u.RawQuery = nil, "" // what lets in is nobody's to see
		to = u.String()
	}
	to = strings.TrimSuffix(to, "/")
	if keepsVersions(keys) {
		return to + "/" + path.Clean(at), nil
	}
	return to + "/" + farName(e.Hash, e.Sum()), nil
}
