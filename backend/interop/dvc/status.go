package dvc

import (
	"context"
	"path"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Words of Status, as `dvc status` says them.
const (
	Deleted    = "deleted"
	Modified   = "modified"
	New        = "new"
	NotInCache = "not in cache"
	Newer      = "update available" // of a bucket that keeps versions
)

// StageStatus is what `dvc status` says of one stage or .dvc file. One that is as it was
// is not in the list.
type StageStatus struct {
	Name     string
	Deps     *doc.Map // word by path; a map of words by key for params
	Outs     *doc.Map
	Always   bool
	Command  bool     // changed
	Checksum bool     // of the stage itself, changed
	Unknown  []string // deps elsewhere, which only the network or another folder could tell
	Closed   []string // paths outside of the project that may not be read
}

func (s StageStatus) changed() bool {
	return s.Deps.Len()+s.Outs.Len()+len(s.Unknown)+len(s.Closed) > 0 || s.Always || s.Command || s.Checksum
}

// Status says what real `dvc status` would say of the project.
func (p *Project) Status(ctx context.Context) ([]StageStatus, error) {
	if len(p.Problems) > 0 {
		return nil, p.Problems[0]
	}
	var list []StageStatus
	add := func(s StageStatus, err error) error {
		if err == nil && s.changed() {
			list = append(list, s)
		}
		return err
	}
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			if err := add(p.stageStatus(ctx, pl, s)); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range p.Singles {
		if err := add(p.singleStatus(ctx, f)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Address is the name that DVC gives a stage outside of its dvc.yaml.
func Address(file, stage string) string {
	if file == metafile.PipelineFile {
		return stage
	}
	return file + ":" + stage
}

func (p *Project) stageStatus(ctx context.Context, pl *metafile.Pipeline, s metafile.Stage) (StageStatus, error) {
	out := StageStatus{Name: Address(pl.File, s.Name), Deps: &doc.Map{}, Outs: &doc.Map{}}
	lock := p.Locks[pl.File].Stage(s.Name)
	out.Command = lock != nil && !doc.Equal(lock.Cmd, s.Cmd)
	out.Always = s.AlwaysChanged || len(s.Deps)+len(s.Params)+len(s.Outs) == 0
	if !s.Frozen {
		for _, d := range s.Deps {
			if err := p.depStatus(ctx, &out, s.Wdir, d, lockEntry(lock, false, d)); err != nil {
				return out, err
			}
		}
		for _, d := range s.Params {
			if err := p.paramStatus(&out, s.Wdir, d, lock); err != nil {
				return out, err
			}
		}
	}
	for _, o := range s.Outs {
		if err := p.outStatus(ctx, &out, s.Wdir, o, lockEntry(lock, true, o.Path)); err != nil {
			return out, err
		}
	}
	return out, nil
}

// lockEntry is what the lock says of a path; of one that it does not know, nothing.
func lockEntry(lock *metafile.LockStage, outs bool, at string) metafile.Entry {
	if lock == nil {
		return metafile.Entry{Path: at, Hash: metafile.MD5}
	}
	list := lock.Deps
	if outs {
		list = lock.Outs
	}
	for _, e := range list {
		if e.Path == at {
			return e
		}
	}
	return metafile.Entry{Path: at, Hash: metafile.Dos2Unix}
}

func (p *Project) depStatus(ctx context.Context, out *StageStatus, wdir, at string, e metafile.Entry) error {
	if to, err := p.leads(wdir, at); to != "" && err == nil {
		return p.addressStatus(ctx, out, at, to, e)
	}
	in, ok := out.place(p, wdir, at)
	if !ok {
		return nil
	}
	word, err := p.word(ctx, in, p.entryAt(in, e))
	if word != "" {
		out.Deps.Set(p.shown(wdir, at), word)
	}
	return err
}

// place is where a path lies that can be looked at. Others are noted.
func (s *StageStatus) place(p *Project, wdir, at string) (string, bool) {
	in, here := p.where(wdir, at)
	if here {
		return in, true
	}
	out, local := p.elsewhere(wdir, at)
	switch {
	case !local:
		s.Unknown = append(s.Unknown, at)
	case !p.allows(out):
		s.Closed = append(s.Closed, at)
	}
	return out, local && p.allows(out)
}

// entryAt is an entry as it is compared: outside of the project DVC 3 has no names from DVC 2.
func (p *Project) entryAt(at string, e metafile.Entry) metafile.Entry {
	if filepath.IsAbs(at) {
		e.Hash = p.hash
	}
	return e
}

// word compares a path of the project with what is recorded of it.
func (p *Project) word(ctx context.Context, at string, e metafile.Entry) (string, error) {
	s, err := p.look(ctx, at, e.Hash)
	switch {
	case err != nil:
		return "", err
	case s.sum == "":
		return Deleted, nil
	case s.sum != e.Sum():
		return Modified, nil
	}
	return "", nil
}

func (p *Project) outStatus(ctx context.Context, out *StageStatus, wdir string, o metafile.Out, e metafile.Entry) error {
	in, ok := out.place(p, wdir, o.Path)
	if !ok {
		return nil
	}
	if p.ignores(in, false) || p.ignores(in, true) {
		return errs.New(errs.Invalid, "%s: %s is what it makes, and an %s ignores it", out.Name, in, IgnoreFile).WithHint("DVC refuses that: take the rule out, or the path")
	}
	e = p.entryAt(in, e).Named()
	if e.MD5 != "" && !o.NoCache && !filepath.IsAbs(in) {
		if ok, err := p.Cache.Has(ctx, e); err != nil || !ok {
			if err == nil {
				out.Outs.Set(in, NotInCache)
			}
			return err
		}
	}
	word, err := p.word(ctx, in, e)
	if word != "" {
		out.Outs.Set(p.shown(wdir, o.Path), word)
	}
	return err
}

func (p *Project) paramStatus(out *StageStatus, wdir string, d metafile.ParamDep, lock *metafile.LockStage) error {
	at, ok := out.place(p, wdir, d.File)
	if !ok {
		return nil
	}
	in := p.shown(wdir, d.File)
	b, err := p.readFile(at)
	if missing(err) {
		out.Deps.Set(in, Deleted)
		return nil
	}
	if err != nil {
		return err
	}
	var locked *doc.Map
	if lock != nil {
		v, _ := lock.Params.Get(d.File)
		locked, _ = v.(*doc.Map)
	}
	if locked == nil {
		out.Deps.Set(in, New)
		return nil
	}
	now, err := p.texts.params(at, b)
	if err != nil {
		return err
	}
	if words := compareParams(d, now, locked); words.Len() > 0 {
		out.Deps.Set(in, words)
	}
	return nil
}

func compareParams(d metafile.ParamDep, now, locked *doc.Map) *doc.Map {
	words, keys := &doc.Map{}, d.Keys
	if len(keys) == 0 {
		keys = append(append([]string{}, now.Keys...), locked.Keys...)
	}
	for _, k := range keys {
		var v any
		var there bool
		if len(d.Keys) == 0 {
			v, there = now.Get(k)
		} else {
			v, there = doc.Lookup(now, k)
		}
		was, had := locked.Get(k)
		switch {
		case !there:
			words.Set(k, Deleted)
		case !had:
			words.Set(k, New)
		case !doc.Equal(v, was):
			words.Set(k, Modified)
		}
	}
	return words
}

func (p *Project) singleStatus(ctx context.Context, f SingleFile) (StageStatus, error) {
	out := StageStatus{Name: f.Path, Deps: &doc.Map{}, Outs: &doc.Map{}}
	wdir := path.Join(path.Dir(f.Path), f.Wdir)
	out.Always = f.AlwaysChanged
	out.Checksum = f.MD5 != f.Sum()
	for _, d := range f.Deps {
		switch {
		case d.Repo != nil || d.DB != nil:
			out.Unknown = append(out.Unknown, d.Path)
		case f.Frozen:
		case d.Params != nil, p.unasked(wdir, d.Path):
			out.Unknown = append(out.Unknown, d.Path)
		default:
			if err := p.depStatus(ctx, &out, wdir, d.Path, d.Entry); err != nil {
				return out, err
			}
		}
	}
	for _, o := range f.Outs {
		if err := p.outStatus(ctx, &out, wdir, o.Out, o.Entry); err != nil {
			return out, err
		}
	}
	return out, nil
}
