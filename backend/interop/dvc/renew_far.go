package dvc

import (
	"context"
	"path"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// renewFar brings an out to what a worktree remote has of it now, as `dvc update` does: what
// others have put there, changed or deleted. Files that are there as they were keep the version
// that is recorded.
func (p *Project) renewFar(ctx context.Context, o tracked, in Renew) (done Renewed, err error) {
	name := o.keptAt()
	if !strings.EqualFold(p.Config[`remote "`+name+`"`]["worktree"], "true") {
		return done, errs.New(errs.Precondition, "%s was neither imported nor pushed to a worktree remote: nothing says where something newer would come from", o.at).
			WithHint("`rondo data list` shows what there is; `dvc import-url` and `dvc import` keep an origin")
	}
	if in.Rev != "" || in.NoDownload {
		return done, errs.New(errs.Invalid, "%s is brought from the remote %s, which has no revisions, and whole", o.at, name).WithHint("leave out --rev and --no-download")
	}
	f, err := p.openFar(ctx, name)
	if err != nil {
		return done, err
	}
	defer f.Close()
	now, n, err := f.(*versions).newest(ctx, o)
	if err != nil {
		return done, err
	}
	if err := p.layFar(ctx, o, now, in.Force); err != nil {
		return done, err
	}
	done = Renewed{Path: o.at, File: o.file, MD5: now.Sum(), Bytes: n, Changed: !sameVersions(o.entry, now)}
	return done, p.noteVersions([]pushedOut{{o, now}})
}

// keptAt is the remote that has versions of an out; empty where none has.
func (o tracked) keptAt() string {
	if o.out.Remote != "" {
		return o.out.Remote
	}
	for _, e := range append([]metafile.Entry{o.entry}, o.entry.List...) {
		if e.Cloud != "" {
			return e.Cloud
		}
	}
	return ""
}

// layFar makes the folder as a remote has it.
func (p *Project) layFar(ctx context.Context, o tracked, now metafile.Entry, force bool) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	p.forget()
	o.entry, o.parts = now, nil
	c := &checkout{p: p, whole: true, in: Checkout{Force: force}}
	if err := c.planOf(ctx, []tracked{o}); err != nil {
		return err
	}
	if err := c.harmless(ctx); err != nil {
		return err
	}
	return c.apply(ctx)
}

// newest brings what the remote has of an out now into the cache, and says what that is.
func (v *versions) newest(ctx context.Context, o tracked) (metafile.Entry, int64, error) {
	list, folder, err := (&remotePlace{Remote: v.Versioned, name: o.at, aware: true}).facts(ctx)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "the remote %s has no %s any more", v.name, o.at).WithHint("`rondo data push` brings it there, `rondo data remove` tracks it no longer")
	}
	if err != nil {
		return o.entry, 0, err
	}
	was := map[string]metafile.Entry{}
	for _, e := range append(o.entry.List, o.entry) {
		if !e.IsDir() {
			was[path.Join(o.at, v.below(o, e))] = e
		}
	}
	var n int64
	var mu sync.Mutex
	err = each(ctx, indexes(list), func(i int) error {
		e, size, err := v.bringNewest(ctx, path.Join(o.at, list[i].Path), list[i], was[path.Join(o.at, list[i].Path)], o.entry.Hash)
		mu.Lock()
		defer mu.Unlock()
		list[i], n = e, n+size
		return err
	})
	if err != nil {
		return o.entry, n, err
	}
	e, err := v.entryFor(o.entry, list, folder)
	return e, n, err
}

// below is a file's path in its out.
func (v *versions) below(o tracked, e metafile.Entry) string {
	if len(o.entry.List) == 0 {
		return ""
	}
	return e.Path
}

// bringNewest brings one file, unless what is recorded of it has the same content.
func (v *versions) bringNewest(ctx context.Context, at string, now, was metafile.Entry, hash string) (metafile.Entry, int64, error) {
	if was.ETag == now.ETag && was.VersionID != "" {
		was.Path = now.Path
		n, _, err := v.fetchOne(ctx, at, was)
		return was, n, err
	}
	body, is, err := v.Open(ctx, at, now.VersionID, 0)
	if err != nil {
		return now, 0, err
	}
	defer body.Close()
	sum, n, err := v.p.Cache.Put(ctx, body, hash)
	if err == nil && (is.ETag != now.ETag || n != *now.Size) {
		err = errs.New(errs.Unavailable, "%s changed in the remote %s while it was read", at, v.name).WithHint("try again")
	}
	now.Hash, now.MD5, now.Cloud = hash, sum, v.name
	return now, n, err
}

// entryFor is the entry of an out that has these files now.
func (v *versions) entryFor(was metafile.Entry, list []metafile.Entry, folder bool) (e metafile.Entry, err error) {
	if !folder {
		e = list[0]
		e.Path = was.Path
		return e, nil
	}
	slices.SortFunc(list, func(a, b metafile.Entry) int { return slices.Compare([]rune(a.Path), []rune(b.Path)) })
	files := make([]metafile.TreeFile, len(list))
	for i, f := range list {
		files[i] = metafile.TreeFile{Path: f.Path, MD5: f.MD5, Exec: f.Exec}
	}
	e = was
	e.List = list
	e.MD5, err = v.p.Cache.PutTree(files, was.Hash)
	return e, err
}
