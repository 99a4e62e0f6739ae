package dvc

import (
	"context"
	"errors"
	"path"
	"slices"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// pushedOut is an out, and its entry with the versions that a remote has of it now.
type pushedOut struct {
	tracked
	now metafile.Entry
}

// push makes a version of each file of an out of which the remote has none, and returns the
// entry that names them all: of a part only its own. What did arrive is named also where something failed.
func (v *versions) push(ctx context.Context, o tracked, done *Exchanged) (metafile.Entry, error) {
	e := o.entry
	files, err := v.p.filesOf(e)
	if err != nil {
		return e, err
	}
	parts := e.Parts(files)
	var mu sync.Mutex
	err = each(ctx, indexes(parts), func(i int) error {
		if !o.wants(parts[i].Path) {
			parts[i] = v.sized(parts[i])
			return nil
		}
		at := path.Join(o.at, parts[i].Path)
		is, n, err := v.pushOne(ctx, at, parts[i])
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			return err
		}
		if n < 0 {
			done.There++
		} else {
			done.Objects, done.Bytes = done.Objects+1, done.Bytes+n
		}
		parts[i] = parts[i].Versioned(v.name, is)
		return nil
	})
	if !e.IsDir() {
		parts[0].Path = e.Path
		return parts[0], err
	}
	if !slices.ContainsFunc(parts, func(e metafile.Entry) bool { return e.VersionID != "" }) {
		return e, err // as it was
	}
	slices.SortFunc(parts, func(a, b metafile.Entry) int { return slices.Compare([]rune(a.Path), []rune(b.Path)) })
	e.List = parts
	return e, err
}

// sized is the entry of a file that is not asked for, as `dvc add` writes one of which there is
// no version yet; dvc drops it where it pushes a part.
func (v *versions) sized(e metafile.Entry) metafile.Entry {
	if info, err := v.p.Cache.Stat(e.Hash, e.MD5); err == nil && e.Size == nil {
		n := info.Size()
		e.Size = &n
	}
	return e
}

func indexes[T any](list []T) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	return out
}

// pushOne uploads one file unless the remote has the version that is recorded, or has the
// same content as the newest one. n is below 0 where nothing was sent.
func (v *versions) pushOne(ctx context.Context, at string, e metafile.Entry) (is remote.Version, n int64, err error) {
	bad := v.known.has(versionName(at, e.VersionID))
	if e.VersionID != "" && !bad {
		if is, err = v.Version(ctx, at, e.VersionID); err == nil || !errs.Is(err, errs.NotFound) {
			return is, -1, err
		}
	}
	if err := v.p.intact(ctx, e.Hash, e.MD5); err != nil {
		return is, 0, err
	}
	info, err := v.p.Cache.Stat(e.Hash, e.MD5)
	if err != nil {
		return is, 0, err
	}
	if is, err = v.Version(ctx, at, ""); err == nil && !v.known.has(versionName(at, is.ID)) && e.Hash == metafile.MD5 && is.ETag == e.MD5 && is.Size == info.Size() && is.ID != "" {
		return is, -1, nil
	} else if err != nil && !errs.Is(err, errs.NotFound) {
		return is, 0, err
	}
	file, content, err := v.p.Cache.Content(cache.Object{Hash: e.Hash, MD5: e.MD5})
	if err != nil {
		return is, 0, err
	}
	defer file.Close()
	defer countOf(ctx).moved()
	is, err = v.Store(ctx, at, content)
	if err == nil && bad { // the other one is damaged ever after, and named no more
		v.known.replaced()
	}
	if err == nil && is.ID == "" {
		err = errs.New(errs.Precondition, "the remote %s gave %s no version: its bucket keeps none", v.name, at).
			WithHint("enable its versioning with your provider's tools, or: dvc remote modify --unset %s version_aware", v.name)
	}
	return is, content.Size(), err
}

// noteVersions writes the versions that outs got into their .dvc files and locks, unless
// they became something else meanwhile.
func (p *Project) noteVersions(list []pushedOut) (err error) {
	list = slices.DeleteFunc(list, func(o pushedOut) bool { return sameVersions(o.entry, o.now) })
	if len(list) == 0 {
		return nil
	}
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := p.Reload(); err != nil {
		return err
	}
	for _, f := range p.Singles {
		for i := range f.Outs {
			o := &f.Outs[i]
			if now, ok := versionsOf(list, f.Path, o.Entry); ok {
				o.Entry = now
				err = errors.Join(err, p.writeSingle(f))
			}
		}
	}
	for _, pl := range p.Pipelines {
		err = errors.Join(err, p.noteLock(pl, list))
	}
	return err
}

// versionsOf is what an entry became by a push.
func versionsOf(list []pushedOut, stage string, e metafile.Entry) (metafile.Entry, bool) {
	i := slices.IndexFunc(list, func(o pushedOut) bool {
		return o.stage == stage && o.entry.Path == e.Path && o.entry.Hash == e.Hash && o.entry.MD5 == e.Sum()
	})
	if i < 0 {
		return e, false
	}
	return list[i].now, true
}

func (p *Project) noteLock(pl *metafile.Pipeline, list []pushedOut) error {
	l := p.Locks[pl.File]
	if l == nil {
		return nil
	}
	var changed []metafile.LockStage
	for _, s := range l.Stages {
		s.Outs = slices.Clone(s.Outs)
		n := len(changed)
		for i, e := range s.Outs {
			if now, ok := versionsOf(list, Address(pl.File, s.Name), e); ok {
				s.Outs[i] = now
				changed = append(changed[:n], s)
			}
		}
	}
	if len(changed) == 0 {
		return nil
	}
	name := path.Join(path.Dir(pl.File), metafile.LockFile)
	old, err := p.lockText(name)
	if err != nil {
		return err
	}
	text, err := PutStages(name, old, changed...)
	if err != nil {
		return err
	}
	return p.write(name, text)
}

// sameVersions reports whether a push has changed nothing of an entry.
func sameVersions(a, b metafile.Entry) bool {
	if len(a.List) != len(b.List) || a.VersionID != b.VersionID || a.Cloud != b.Cloud {
		return false
	}
	for i := range a.List {
		if !sameVersions(a.List[i], b.List[i]) {
			return false
		}
	}
	return true
}
