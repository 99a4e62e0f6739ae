package dvc

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// versions is a remote that keeps files under their own paths, and of each the versions
// that the store numbers (version_aware, worktree). The .dvc files and locks say which.
type versions struct {
	remote.Versioned
	p     *Project
	name  string     // of the remote
	known *farDamage // what is damaged there
}

// keepsVersions reports whether a remote of the config is one of versions.
func keepsVersions(keys map[string]string) bool {
	return strings.EqualFold(keys["worktree"], "true") || strings.EqualFold(keys["version_aware"], "true")
}

func (p *Project) openVersions(ctx context.Context, name, at string, keys map[string]string) (far, error) {
	a, err := remote.ParseAddress(at)
	if err != nil {
		return nil, err
	}
	r, err := p.openAddress(ctx, name, a, keys)
	if err != nil {
		return nil, err
	}
	v, ok := r.(remote.Versioned)
	if !ok {
		r.Close()
		return nil, errs.New(errs.Precondition, "the remote %s is one of versions, and a %s keeps none", name, a.Kind).
			WithHint("dvc remote modify --unset %s version_aware, or an S3 bucket that has versioning", name)
	}
	return &versions{v, p, name, p.damageOf(name)}, nil
}

// fetch brings the versions that an out names into the cache.
func (v *versions) fetch(ctx context.Context, o tracked, done *Exchanged) error {
	files, err := v.p.filesOf(o.entry)
	if err != nil {
		return errs.New(errs.NotFound, "the remote %s has no versions of %s: it was never pushed there", v.name, o.at).
			WithHint("whoever has the content can push it: rondo data push, or dvc push")
	}
	var mu sync.Mutex
	asked := slices.DeleteFunc(o.entry.Parts(files), func(e metafile.Entry) bool { return !o.wants(e.Path) })
	err = each(ctx, asked, func(e metafile.Entry) error {
		n, had, err := v.fetchOne(ctx, path.Join(o.at, e.Path), e)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errs.Is(err, errs.Corrupt):
			done.Broken = append(done.Broken, path.Join(o.at, e.Path))
			return nil // the others may be whole
		case errs.Is(err, errs.NotFound):
			done.gone[cache.Object{Hash: e.Hash, MD5: e.MD5}] = true
		case err != nil:
		case had:
			done.There++
		default:
			done.Objects, done.Bytes = done.Objects+1, done.Bytes+n
		}
		return err
	})
	if err == nil && o.entry.IsDir() {
		_, err = v.p.Cache.PutTree(files, o.entry.Hash)
	}
	return err
}

func (v *versions) fetchOne(ctx context.Context, at string, e metafile.Entry) (n int64, had bool, err error) {
	if had, err = v.p.Cache.Holds(ctx, e.Hash, e.MD5); had || err != nil {
		return 0, had, err
	}
	if e.VersionID == "" {
		return 0, false, errs.New(errs.NotFound, "the remote %s has no version of %s: it was never pushed there", v.name, at).
			WithHint("whoever has the content can push it: rondo data push, or dvc push")
	}
	body, is, err := v.Open(ctx, at, e.VersionID, 0)
	if err != nil {
		return 0, false, err
	}
	defer body.Close()
	if e.Size != nil && *e.Size != is.Size || e.ETag != "" && e.ETag != is.ETag {
		return 0, false, errs.New(errs.Corrupt, "the version %s of %s in the remote %s is not what is recorded of it: size %d, etag %s", e.VersionID, at, v.name, is.Size, is.ETag).
			WithHint("see whether the remote's url is the one that it was pushed to; whoever has the content can push it anew")
	}
	n, err = v.p.admit(ctx, countOf(ctx).reading(body), cache.Object{Hash: e.Hash, MD5: e.MD5})
	return n, false, err
}

// admit takes content into the cache if it is what an object's name says.
func (p *Project) admit(ctx context.Context, body io.Reader, o cache.Object) (int64, error) {
	tmp, err := p.Cache.Create(o.Hash)
	if err != nil {
		return 0, err
	}
	defer tmp.Close()
	got, n, err := metafile.Sum(ctx, io.TeeReader(body, tmp), o.Hash)
	if err != nil {
		return n, errs.Wrap(errs.Unavailable, err, "bring the object %s", o.MD5)
	}
	if got != strings.TrimSuffix(o.MD5, ".dir") {
		return n, errs.New(errs.Corrupt, "the remote's object %s is damaged: its content has another hash", o.MD5).
			WithHint("push it again from where it is whole")
	}
	if has, err := p.Cache.Holds(ctx, o.Hash, o.MD5); has || err != nil { // it came twice at once
		return n, err
	}
	return n, p.Cache.Replace(tmp, o.Hash, o.MD5)
}
