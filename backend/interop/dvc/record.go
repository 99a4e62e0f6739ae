package dvc

import (
	"context"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Record is what DVC would write into dvc.lock of a stage that has just run: its
// command, params, and the hashes of what lies there.
func (p *Project) Record(ctx context.Context, pl *metafile.Pipeline, s metafile.Stage) (metafile.LockStage, error) {
	out := metafile.LockStage{Name: s.Name, Cmd: s.Cmd}
	if err := p.recordDeps(ctx, pl, s, &out); err != nil {
		return out, err
	}
	before := p.Locks[pl.File].Stage(s.Name)
	for _, o := range s.Outs {
		e, err := p.entry(ctx, s, o.Path, lockEntry(before, true, o.Path))
		if err != nil {
			return out, err
		}
		out.Outs = append(out.Outs, e)
	}
	return out, nil
}

// recordDeps is the part of a record that is known before the stage runs.
func (p *Project) recordDeps(ctx context.Context, pl *metafile.Pipeline, s metafile.Stage, out *metafile.LockStage) (err error) {
	before := p.Locks[pl.File].Stage(s.Name)
	for _, d := range s.Deps {
		e, err := p.entry(ctx, s, d, lockEntry(before, false, d))
		if err != nil {
			return err
		}
		out.Deps = append(out.Deps, e)
	}
	out.Params, err = p.recordParams(s)
	return err
}

// entry looks at a path. What has its name from DVC 2 and is as it was keeps that name.
func (p *Project) entry(ctx context.Context, s metafile.Stage, at string, before metafile.Entry) (metafile.Entry, error) {
	if to, err := p.leads(s.Wdir, at); to != "" && err == nil {
		return p.addressEntry(ctx, s, at, to)
	}
	in, err := p.place(s, at)
	if err != nil {
		return metafile.Entry{}, err
	}
	e := metafile.Entry{Path: at, Hash: p.hash}
	if before.Hash == metafile.Dos2Unix && before.MD5 != "" && !filepath.IsAbs(in) {
		now, err := p.look(ctx, in, metafile.Dos2Unix)
		if err != nil {
			return e, err
		}
		if now.sum == before.Sum() {
			e.Hash = metafile.Dos2Unix
		}
	}
	now, err := p.look(ctx, in, e.Hash)
	if err == nil && now.sum == "" {
		err = errs.New(errs.Precondition, "stage %s: %s does not exist", s.Name, at).WithHint("run the stage first")
	}
	noteSight(&e, now)
	if !e.IsDir() {
		e = e.KeepVersions(before, nil)
	}
	return e, err
}

// noteSight writes into an entry what was seen of it.
func noteSight(e *metafile.Entry, s sight) {
	e.MD5, e.Size, e.Exec = s.sum, &s.size, s.exec
	if s.dir {
		n := int64(len(s.files))
		e.Files = &n
	}
}

func (p *Project) recordParams(s metafile.Stage) (*doc.Map, error) {
	out := &doc.Map{}
	for _, d := range s.Params {
		in, err := p.place(s, d.File)
		if err != nil {
			return nil, err
		}
		b, err := p.readFile(in)
		if err != nil {
			return nil, errs.New(errs.Precondition, "stage %s: the params file %s cannot be read", s.Name, d.File)
		}
		all, err := p.texts.params(in, b)
		if err != nil {
			return nil, err
		}
		vals := all
		if len(d.Keys) > 0 {
			vals = &doc.Map{}
		}
		for _, k := range d.Keys {
			v, ok := doc.Lookup(all, k)
			if !ok {
				return nil, errs.New(errs.Precondition, "stage %s: %s has no param %q", s.Name, d.File, k).WithHint("add it there, or take it out of the stage's params")
			}
			vals.Set(k, v)
		}
		out.Set(d.File, vals)
	}
	return out, nil
}

// keep puts a path of the project into the cache, where DVC finds it.
func (p *Project) keep(ctx context.Context, at, hash string) error {
	now, err := p.look(ctx, at, hash)
	if err != nil {
		return err
	}
	if !now.dir {
		return p.keepFile(ctx, at, hash, now.sum)
	}
	for _, f := range now.files {
		if err := p.keepFile(ctx, at+"/"+f.Path, hash, f.MD5); err != nil {
			return err
		}
	}
	_, err = p.Cache.PutTree(now.files, hash)
	return err
}

func (p *Project) keepFile(ctx context.Context, at, hash, want string) error {
	if ok, err := p.Cache.Holds(ctx, hash, want); ok || err != nil {
		return err
	}
	if err := p.Cache.Drop(hash, want); err != nil {
		return err // it is damaged
	}
	f, err := p.open(at)
	if err != nil {
		return errs.New(errs.Precondition, "%s cannot be read: %w", at, err)
	}
	defer f.Close()
	got, _, err := p.Cache.Put(ctx, f, hash)
	if err == nil && got != want {
		err = errs.New(errs.Precondition, "%s changed while it was read", at).WithHint("try again when nothing writes to it")
	}
	return err
}
