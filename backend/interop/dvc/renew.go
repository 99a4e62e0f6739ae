package dvc

import (
	"cmp"
	"context"
	"path"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// Renew says which imports to bring to what their origin has now, as `dvc update` does, and
// which data to what a worktree remote has, if it is named.
type Renew struct {
	Targets    []string // .dvc files or what they track; empty: every import
	Rev        string   // of a repository; empty: the one that was asked for, or the newest
	NoDownload bool     // only note what is there now; `rondo data pull` brings it
	Force      bool     // overwrite work that the cache does not have

	first *Import // what brings it for the first time
}

// Renewed is an import that was looked at.
type Renewed struct {
	Path    string `json:"path"`
	File    string `json:"file"`
	Commit  string `json:"commit,omitempty"` // of the repository
	MD5     string `json:"md5,omitempty"`    // of the data now
	Bytes   int64  `json:"bytes"`            // that were brought
	Changed bool   `json:"changed"`          // the .dvc file is another one
}

// Renew brings imports up to date, one after the other. What is done when one fails stays done.
func (p *Project) Renew(ctx context.Context, in Renew) (list []Renewed, err error) {
	list = []Renewed{}
	if len(p.Problems) > 0 {
		return list, p.Problems[0]
	}
	chosen, err := p.choose(in.Targets)
	if err != nil {
		return list, err
	}
	for _, o := range chosen {
		i := slices.IndexFunc(p.Singles, func(f SingleFile) bool { return f.Path == o.file && f.Import() })
		switch {
		case i < 0 && len(in.Targets) == 0:
			continue
		case i < 0:
			one, err := p.renewFar(ctx, o, in)
			if err != nil {
				return list, err
			}
			list = append(list, one)
			continue
		}
		one, err := p.renew(ctx, o, p.Singles[i], in)
		if err != nil {
			return list, err
		}
		list = append(list, one)
	}
	return list, nil
}

// renew brings one import up to date. The network is asked before DVC's lock is taken.
func (p *Project) renew(ctx context.Context, o tracked, f SingleFile, in Renew) (Renewed, error) {
	if in.Rev != "" && f.Deps[0].Repo == nil {
		return Renewed{}, errs.New(errs.Invalid, "%s comes from %s, which has no revisions", o.at, redacted(f.Deps[0].Path)).WithHint("leave out --rev")
	}
	to := &metafile.SingleDep{}
	*to = f.Deps[0]
	var b brought
	var err error
	if to.Repo != nil {
		b, err = p.renewRepo(ctx, o, to, in)
	} else {
		b, err = p.takeImport(ctx, f, takeHow{newest: true, facts: in.NoDownload})
		to.Entry = b.dep
	}
	if err != nil {
		return Renewed{}, err
	}
	unlock, err := p.lock()
	if err != nil {
		return Renewed{}, err
	}
	defer unlock()
	before, err := p.Read(f.Path)
	if err != nil && !(missing(err) && f.Anew) {
		return Renewed{}, err
	}
	out := &f.Outs[0]
	now := b.out
	now.Path = out.Entry.Path
	if same := b.same || now.Sum() != "" && now.Sum() == out.Entry.Sum() && now.Hash == out.Entry.Hash; same {
		now = out.Entry
	} else if in.NoDownload {
		now = metafile.Entry{Path: now.Path, Hash: now.Hash}
	}
	f.Deps[0], out.Entry = *to, now
	f.Single.MD5 = f.SumNow()
	settle := p.settle
	if has, err := p.Cache.Has(ctx, now); err != nil {
		return Renewed{}, err
	} else if b.noted && now.Sum() != "" && !has {
		settle = func(context.Context, tracked, SingleFile, Renew) error { return p.writeSingle(f) }
	}
	if err := p.settleFirst(ctx, settle, o, f, in); err != nil {
		return Renewed{}, err
	}
	after, err := p.Read(f.Path)
	done := Renewed{Path: o.at, File: f.Path, MD5: now.Sum(), Bytes: b.n, Changed: string(before) != string(after)}
	if to.Repo != nil {
		done.Commit = to.Repo.RevLock
	}
	return done, err
}

// renewRepo brings what a repository has now at the path of an import.
func (p *Project) renewRepo(ctx context.Context, o tracked, d *metafile.SingleDep, in Renew) (b brought, err error) {
	repo := *d.Repo
	if d.Repo = &repo; in.Rev != "" {
		repo.Rev = in.Rev
	}
	from, err := p.repository(repo.URL)
	if err != nil {
		return b, err
	}
	commit, err := from.commit(ctx, repo.Rev)
	if err != nil {
		return b, err
	}
	b.same = commit == repo.RevLock && (in.NoDownload || o.entry.Sum() != "")
	if has, err := p.Cache.Has(ctx, o.entry); err != nil {
		return b, err
	} else if b.same = b.same && (in.NoDownload || has); b.same {
		return b, nil
	}
	d.Repo.RevLock = commit
	if in.NoDownload {
		b.out.Hash = p.hash
		return b, nil
	}
	return p.bringSource(ctx, from, commit, o, d)
}

// bringSource takes what a repository has at a commit into the cache.
func (p *Project) bringSource(ctx context.Context, from *repository, commit string, o tracked, d *metafile.SingleDep) (b brought, err error) {
	s, err := p.sourceAt(ctx, from, commit, o, d)
	if err != nil {
		return b, err
	}
	defer s.Close()
	return s.bring(ctx, p, p.hash)
}

// settleFirst is settle, with a note on the disk meanwhile where nothing of an import was there before.
func (p *Project) settleFirst(ctx context.Context, settle func(context.Context, tracked, SingleFile, Renew) error, o tracked, f SingleFile, in Renew) error {
	_, err := p.root.Lstat(o.at)
	if in.first == nil || !missing(err) && !p.begun(o.at, *in.first) {
		return settle(ctx, o, f, in)
	}
	if err := p.beginImport(o.at, *in.first); err != nil {
		return err
	}
	err = settle(ctx, o, f, in)
	if _, there := p.root.Lstat(o.at); err != nil && !missing(there) {
		return err // a part has come
	}
	return cmp.Or(err, p.endImport(o.at))
}

// settle brings the data of an import that was renewed into the folder, and then writes its
// .dvc file. Work that would be lost is refused before anything is changed.
func (p *Project) settle(ctx context.Context, o tracked, f SingleFile, in Renew) error {
	p.forget()
	if f.Outs[0].Entry.Sum() == "" {
		if err := p.takeAway(ctx, o, in.Force); err != nil {
			return err
		}
		if err := p.gitIgnore(o.at); err != nil {
			return err
		}
		return p.writeSingle(f)
	}
	c := &checkout{p: p, whole: true, in: Checkout{Selection: Selection{Targets: []string{f.Path}}, Force: in.Force}}
	for _, step := range []func(context.Context) error{c.plan, c.harmless, c.apply} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := p.gitIgnore(o.at); err != nil {
		return err
	}
	return p.writeSingle(f)
}

// takeAway removes data that is not the origin's newest and shall not be brought, as DVC does.
func (p *Project) takeAway(ctx context.Context, o tracked, force bool) error {
	now, err := p.look(ctx, o.at, o.entry.Hash)
	if err != nil || now.sum == "" {
		return err
	}
	files := now.files
	if !now.dir {
		files = []metafile.TreeFile{{MD5: now.sum}}
	}
	for _, f := range files {
		if ok, err := p.Cache.Holds(ctx, o.entry.Hash, f.MD5); err != nil {
			return err
		} else if !ok && !force {
			return errs.New(errs.Conflict, "the cache does not have what lies at %s, and it would be removed", path.Join(o.at, f.Path)).
				WithHint("keep it elsewhere, or say --force")
		}
	}
	if err := p.root.RemoveAll(o.at); err != nil {
		return cannotWrite(o.at, err)
	}
	return nil
}
