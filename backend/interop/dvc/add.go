package dvc

import (
	"context"
	"path"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Add tracks paths as `dvc add` does: content into the cache, PATH.dvc beside it, and a line
// in .gitignore where there is a git. A path in a tracked folder brings the folder up to
// date there.
func (p *Project) Add(ctx context.Context, paths ...string) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	for _, at := range paths {
		at, here := p.where(".", path.Clean(at))
		if !here || at == "." || at == Dir || inside(at, Dir) {
			return errs.New(errs.Invalid, "%s is no path inside the project that can be tracked", at).WithHint("name a file or folder of the project")
		}
		if err := p.add(ctx, at); err != nil {
			return err
		}
		if err := p.Reload(); err != nil {
			return err
		}
	}
	return p.noteLinks()
}

func (p *Project) add(ctx context.Context, at string) error {
	f, err := p.singleFor(at)
	if err != nil {
		return err
	}
	out, top := p.outOf(f, at)
	release, err := p.locks().Claim(ctx, nil, []string{top})
	if err != nil {
		return err
	}
	defer release()
	if at != top {
		return p.addPart(ctx, f, out, top, at)
	}
	e, err := p.current(ctx, top, out.Entry)
	if err != nil {
		return err
	}
	out.Entry = e
	if err := p.keepSingle(ctx, *out, top); err != nil {
		return err
	}
	if err := p.noteLacking(top, lacking{}); err != nil {
		return err
	}
	return p.writeSingle(f)
}

// outOf is the out of a .dvc file that a path is, or lies in, and where it lies.
func (p *Project) outOf(f SingleFile, at string) (out *metafile.SingleOut, top string) {
	for i := range f.Outs {
		out = &f.Outs[i]
		if top, _ = p.where(path.Join(path.Dir(f.Path), f.Wdir), out.Entry.Path); top == at || inside(at, top) {
			break
		}
	}
	return out, top
}

// singleFor finds the .dvc file that a path belongs into, or begins one. A path that a stage
// makes, or that holds what is tracked already, is refused.
func (p *Project) singleFor(at string) (SingleFile, error) {
	for _, o := range p.outs() {
		i := slices.IndexFunc(p.Singles, func(f SingleFile) bool { return f.Path == o.file })
		switch {
		case o.at != at && !inside(at, o.at) && !inside(o.at, at):
		case i < 0 || p.Singles[i].Cmd != "":
			return SingleFile{}, errs.New(errs.Conflict, "%s cannot be added: stage %s makes %s", at, o.stage, o.at).
				WithHint("run the stage (rondo repro), or keep what lies there: rondo data commit %s", o.stage)
		case inside(o.at, at):
			return SingleFile{}, errs.New(errs.Conflict, "%s cannot be added: %s in it is tracked by %s", at, o.at, o.file).
				WithHint("rondo data remove %s, then add %s", o.file, at)
		default:
			return p.Singles[i], nil
		}
	}
	e := metafile.Entry{Path: path.Base(at), Hash: p.hash}
	one := &metafile.Single{Outs: []metafile.SingleOut{{Entry: e, Out: metafile.Out{Path: e.Path, Kind: "outs"}}}}
	return SingleFile{at + metafile.Suffix, one}, nil
}

// current is an entry of what lies there now. What has its name from DVC 2 and is as it was
// keeps that name, and what a remote has a version of keeps that.
func (p *Project) current(ctx context.Context, at string, before metafile.Entry) (metafile.Entry, error) {
	e := metafile.Entry{Path: before.Path, Hash: p.hash}
	if before.Hash == metafile.Dos2Unix && before.MD5 != "" {
		now, err := p.look(ctx, at, metafile.Dos2Unix)
		if err != nil {
			return e, err
		}
		if now.sum == before.Sum() {
			e.Hash = metafile.Dos2Unix
		}
	}
	now, err := p.look(ctx, at, e.Hash)
	if err == nil && now.sum == "" {
		err = errs.New(errs.NotFound, "%s does not exist", at).WithHint("`rondo data checkout %s` brings it back, if it was tracked before", at)
	}
	if err == nil {
		err = p.notLost(at)
	}
	noteSight(&e, now)
	return e.KeepVersions(before, now.files), err
}

// keepSingle brings the content of an out of a .dvc file into the cache.
func (p *Project) keepSingle(ctx context.Context, o metafile.SingleOut, at string) error {
	if o.NoCache {
		return nil
	}
	if err := p.untracked(at); err != nil {
		return err
	}
	if err := p.keep(ctx, at, o.Hash); err != nil {
		return err
	}
	now, err := p.look(ctx, at, o.Hash)
	if err != nil {
		return err
	}
	if err := p.relink(ctx, at, o.Hash, now); err != nil {
		return err
	}
	return p.gitIgnore(at)
}

func (p *Project) writeSingle(f SingleFile) error {
	old, err := p.Read(f.Path)
	if err != nil && !missing(err) {
		return err
	}
	base := old
	if f.Anew {
		base = nil
	}
	text, err := doc.Rewrite(f.Path, base, f.Single.Text())
	if err != nil {
		return err
	}
	if string(text) == string(old) {
		return nil
	}
	return p.write(f.Path, text)
}

// addPart takes one path of a tracked folder over, and leaves the rest of it as recorded.
func (p *Project) addPart(ctx context.Context, f SingleFile, out *metafile.SingleOut, top, at string) error {
	if !out.IsDir() {
		return errs.New(errs.Invalid, "%s is tracked as a file, and %s lies below it", top, at).WithHint("add %s itself", top)
	}
	files, err := p.filesOf(out.Entry)
	if err != nil {
		return err
	}
	now, err := p.look(ctx, at, out.Entry.Hash)
	if err != nil {
		return err
	}
	part := at[len(top)+1:]
	files = slices.DeleteFunc(slices.Clone(files), func(f metafile.TreeFile) bool { return f.Path == part || inside(f.Path, part) })
	if now.sum != "" && !now.dir {
		files = append(files, metafile.TreeFile{Path: part, MD5: now.sum, Size: now.size})
	}
	for _, g := range now.files {
		files = append(files, metafile.TreeFile{Path: part + "/" + g.Path, MD5: g.MD5, Size: g.Size})
	}
	if now.sum != "" {
		if err := p.keep(ctx, at, out.Entry.Hash); err != nil {
			return err
		}
	}
	sum, err := p.Cache.PutTree(files, out.Entry.Hash)
	if err != nil {
		return err
	}
	size, err := p.sizeOf(out.Entry.Hash, files)
	n := int64(len(files))
	before := out.Entry
	out.MD5, out.Size, out.Files, out.List = sum, &size, &n, nil
	out.Entry = out.Entry.KeepVersions(before, files)
	if err != nil {
		return err
	}
	return p.writeSingle(f)
}

func (p *Project) sizeOf(hash string, files []metafile.TreeFile) (n int64, err error) {
	for _, f := range files {
		info, err := p.Cache.Stat(hash, f.MD5)
		if err != nil {
			return 0, err
		}
		n += info.Size()
	}
	return n, nil
}
