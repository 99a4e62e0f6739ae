package dvc

import (
	"context"
	"path"
	"path/filepath"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/lock"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

// Update implements pipeline.Books. DVC's lock is held but while commands run; what they
// read and write is claimed then, so that a dvc leaves it alone.
func (b *Books) Update(ctx context.Context, address string, w pipeline.Work) (pipeline.Kept, error) {
	u := &update{p: b.p, w: w, exp: b.exp}
	err := u.begin(ctx, address)
	defer func() { u.unlock() }()
	if err != nil {
		return u.kept, err
	}
	st, err := u.p.stageStatus(ctx, u.pl, u.s)
	if err != nil {
		return u.kept, err
	}
	u.kept.Reasons = u.p.why(u.pl, st)
	if !st.changed() && !u.w.Force {
		return u.kept, u.leave()
	}
	if err := u.p.notLost(u.reads...); err != nil {
		return u.kept, err
	}
	release, err := b.p.locks().Claim(ctx, u.reads, u.writes)
	if err != nil {
		return u.kept, err
	}
	defer release()
	return u.kept, u.carryOut(ctx, st)
}

// update is the work on one stage.
type update struct {
	p      *Project
	w      pipeline.Work
	exp    *pipeline.Experiment // that it is part of
	pl     *metafile.Pipeline
	s      metafile.Stage
	reads  []string
	writes []string
	kept   pipeline.Kept
	unlock func()
}

func (u *update) begin(ctx context.Context, address string) error {
	u.unlock = func() {}
	unlock, err := u.p.locks().Take(ctx, lock.Repo, lock.Tries)
	if err != nil {
		return err
	}
	u.unlock = unlock
	u.p.forget()
	if u.pl, u.s, err = u.p.find(address); err != nil {
		return err
	}
	if u.w.Cmd != nil && !slices.Equal(u.w.Cmd, u.s.Lines()) {
		return errs.New(errs.Denied, "the commands of stage %s are not those that were trusted: %s or its params changed since", address, u.pl.File).
			WithHint("look at them (rondo trust), and run it again")
	}
	if err := u.p.readLock(u.pl); err != nil {
		return err
	}
	u.paths()
	return nil
}

// readLock takes what another program has written into dvc.lock meanwhile.
func (p *Project) readLock(pl *metafile.Pipeline) error {
	name := path.Join(path.Dir(pl.File), metafile.LockFile)
	text, err := p.lockText(name)
	if missing(err) {
		delete(p.Locks, pl.File)
		return nil
	}
	if err == nil {
		p.Locks[pl.File], err = p.texts.lock(name, text)
	}
	return err
}

func (u *update) paths() { u.reads, u.writes = u.p.pathsOf(u.s) }

// pathsOf are the deps and outs of a stage that lie in the project or are trusted.
func (p *Project) pathsOf(s metafile.Stage) (reads, writes []string) {
	for _, d := range s.Deps {
		if at, err := p.place(s, d); err == nil {
			reads = append(reads, at)
		}
	}
	for _, o := range s.Outs {
		if at, err := p.place(s, o.Path); err == nil {
			writes = append(writes, at)
		}
	}
	return reads, writes
}

// leave finds that there is nothing to do. Nothing is claimed for that: the project's
// lock is held, and all that could be in the way is a command that runs.
func (u *update) leave() error {
	if err := u.p.locks().Unclaimed(u.reads, u.writes); err != nil {
		return err
	}
	if u.s.Frozen {
		u.kept.State, u.kept.Reasons = pipeline.Frozen, []string{}
		return nil
	}
	u.kept.State = pipeline.Skipped
	return u.params()
}

func (u *update) carryOut(ctx context.Context, st StageStatus) error {
	switch {
	case u.s.Frozen:
		u.kept.State, u.kept.Reasons = pipeline.Frozen, []string{}
		if st.Outs.Len() > 0 || st.Command || u.w.Force { // dvc records what lies there then
			return u.record(ctx)
		}
		return nil
	case u.w.Force:
		u.kept.Reasons = append(u.kept.Reasons, "it was forced")
	}
	if u.w.Begun != nil {
		u.w.Begun(u.kept.Reasons)
	}
	if err := u.ready(ctx); err != nil {
		return err
	}
	if err := u.clear(ctx); err != nil {
		return err
	}
	if !u.w.Force {
		back, err := u.restore(ctx)
		if err != nil {
			return err
		}
		if back {
			u.kept.State = pipeline.Restored
			return u.record(ctx)
		}
	}
	u.kept.State = pipeline.Ran
	if err := u.run(ctx); err != nil {
		return err
	}
	return u.record(ctx)
}

// ready refuses to run a stage whose deps are not there, before its outs are removed.
func (u *update) ready(ctx context.Context) error {
	if err := u.p.reachable(u.s); err != nil {
		return err
	}
	if err := u.p.datedRun(u.s); err != nil {
		return err
	}
	for _, d := range u.s.Deps {
		if to, err := u.p.leads(u.s.Wdir, d); to != "" && err == nil {
			if _, err := u.p.addressEntry(ctx, u.s, d, to); err != nil {
				return err
			}
		}
	}
	if err := u.p.whole(u.reads...); err != nil {
		return err
	}
	for _, at := range u.reads {
		if _, err := u.p.stat(at); missing(err) {
			return errs.New(errs.Precondition, "dep %s is missing", at).WithHint("bring it back (`rondo data checkout`), or name what makes it")
		}
	}
	return nil
}

// clear removes the outs of the project, so that what is there afterwards was made by the stage.
func (u *update) clear(ctx context.Context) error {
	for _, o := range u.s.Outs {
		at, here := u.p.where(u.s.Wdir, o.Path)
		if !here {
			continue // what a person has there is the command's to replace, and nobody else's
		}
		if o.Persist {
			if err := u.p.unprotect(at); err != nil {
				return err
			}
			continue
		}
		if err := u.aside(ctx, at, o); err != nil {
			return err
		}
		if err := u.p.root.RemoveAll(at); err != nil {
			return cannotWrite(at, err)
		}
		if err := u.p.root.MkdirAll(path.Dir(at), 0o755); err != nil {
			return cannotWrite(at, err)
		}
	}
	for _, at := range u.writes {
		u.p.made[at] = true
	}
	fault.Point("dvc.cleared")
	return nil
}

// aside moves what the cache does not have out of the way: it may be a person's work.
func (u *update) aside(ctx context.Context, at string, o metafile.Out) error {
	if o.NoCache || u.w.Aside == nil {
		return nil
	}
	now, err := u.p.look(ctx, at, metafile.MD5)
	if err != nil || now.sum == "" {
		return err
	}
	for _, hash := range []string{metafile.MD5, metafile.Dos2Unix} {
		if now, err = u.p.look(ctx, at, hash); err != nil {
			return err
		}
		if has, err := u.p.Cache.Has(ctx, metafile.Entry{Hash: hash, MD5: now.sum}); has || err != nil {
			return err
		}
	}
	return u.w.Aside(at)
}

// restore brings the outs from the cache: those of the lock where only outs are not as they
// were, or those that the run cache has of the same command, deps and params.
func (u *update) restore(ctx context.Context) (bool, error) {
	if !u.p.cachesRuns(u.s) {
		return false, nil
	}
	u.p.forget()
	now := metafile.LockStage{Name: u.s.Name, Cmd: u.s.Cmd}
	if err := u.p.recordDeps(ctx, u.pl, u.s, &now); err != nil {
		return false, err
	}
	for _, o := range u.s.Outs {
		now.Outs = append(now.Outs, metafile.Entry{Path: o.Path, Hash: metafile.MD5})
	}
	from := u.p.Locks[u.pl.File].Stage(u.s.Name)
	if from == nil || !sameDeps(*from, now) || !slices.EqualFunc(u.s.Outs, now.Outs, func(o metafile.Out, _ metafile.Entry) bool { return lockEntry(from, true, o.Path).Sum() != "" }) {
		run, ok := u.p.Cache.RecallRun(now.RunKey())
		if !ok {
			return false, nil
		}
		from = &run
	}
	return u.bringBack(ctx, *from)
}

// sameDeps reports whether the lock has the command, deps and params as they are now.
func sameDeps(lock, now metafile.LockStage) bool {
	one, two := lock, now
	one.Outs, two.Outs = nil, nil
	return doc.Equal(one.Value(), two.Value())
}

func (u *update) bringBack(ctx context.Context, from metafile.LockStage) (bool, error) {
	for _, o := range u.s.Outs {
		e := lockEntry(&from, true, o.Path)
		if e.MD5 == "" {
			return false, nil
		}
		if has, err := u.p.Cache.Has(ctx, e); !has || err != nil {
			return false, err
		}
	}
	for _, o := range u.s.Outs {
		e := lockEntry(&from, true, o.Path)
		at, _ := u.p.where(u.s.Wdir, o.Path)
		files, err := u.p.filesOf(e)
		if err != nil {
			return false, err
		}
		w := &wanted{tracked: tracked{at: at, entry: e, out: o}}
		w.compare(files)
		if err := u.p.checkoutOne(ctx, w); err != nil {
			return false, err
		}
	}
	u.w.Say("restored from DVC's cache")
	return true, nil
}

// run has the commands run as DVC does: each line by the person's shell.
func (u *update) run(ctx context.Context) error {
	env := []string{"DVC_ROOT=" + u.p.Dir, "DVC_STAGE=" + Address(u.pl.File, u.s.Name)}
	if u.exp != nil { // DVCLive keeps no experiment of its own then
		env = append(env, "DVC_EXP_BASELINE_REV="+u.exp.Baseline, "DVC_EXP_NAME="+u.exp.Name)
	}
	u.unlock()
	u.unlock = func() {}
	before := u.p.traces(ctx, u.beyond())
	var failed error
	for _, line := range u.s.Lines() {
		if failed = u.w.Run(pipeline.Shell(line), env); failed != nil {
			break
		}
	}
	locks := u.p.locks()
	locks.Waits = func(text string) { u.w.Say("%s", text) }
	unlock, err := locks.Take(ctx, lock.Repo, 0) // what has run shall be recorded, however long another dvc takes
	if failed != nil || err != nil {
		if err == nil {
			unlock()
		}
		return firstError(failed, err)
	}
	u.unlock = unlock
	fault.Point("dvc.ran")
	u.p.forget()
	if err := u.written(ctx, before); err != nil {
		return err
	}
	return u.p.readLock(u.pl)
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// record writes what the stage consumed and produced: cache, run cache, dvc.lock.
func (u *update) record(ctx context.Context) error {
	u.p.forget()
	for _, o := range u.s.Outs {
		at, err := u.p.place(u.s, o.Path)
		if err != nil {
			return err
		}
		if now, err := u.p.look(ctx, at, metafile.MD5); err != nil {
			return err
		} else if now.sum == "" {
			return u.notThere(at)
		}
	}
	cached := !slices.ContainsFunc(u.s.Outs, func(o metafile.Out) bool { return o.NoCache && o.Kind == "outs" })
	if err := u.p.save(ctx, u.pl, cached, u.s); err != nil {
		return err
	}
	if err := u.p.noteLinksOf(u.pl, u.s); err != nil {
		return err
	}
	return u.params()
}

func (u *update) notThere(at string) error {
	if u.s.Frozen {
		return errs.New(errs.Precondition, "it is frozen, and %s is not there", at).
			WithHint("bring it back (`rondo data checkout`), or unfreeze the stage in %s", u.pl.File)
	}
	return errs.New(errs.Precondition, "its commands ended well, and %s is not there", at).
		WithHint("let the stage write it, or take it out of the stage in %s", u.pl.File)
}

// params tells the values of the params, those of other files than params.yaml with the
// file in front.
func (u *update) params() error {
	all, err := u.p.recordParams(u.s)
	if err != nil {
		return err
	}
	u.kept.Params = map[string]string{}
	for i := 0; i < all.Len(); i++ {
		file := all.Keys[i]
		vals, _ := all.Value(file).(*doc.Map)
		for j := 0; j < vals.Len(); j++ {
			key := vals.Keys[j]
			if in := path.Join(u.s.Wdir, filepath.ToSlash(file)); in != metafile.ParamsFile {
				key = in + ":" + key
			}
			u.kept.Params[key] = doc.Text(vals.Value(vals.Keys[j]))
		}
	}
	return nil
}
