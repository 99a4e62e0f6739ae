package dvc

import (
	"bytes"
	"context"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Commit records stages as they are now, as `dvc commit` does: outs into the cache, and
// then their entries into dvc.lock. Entries of other stages stay letter by letter.
func (p *Project) Commit(ctx context.Context, pl *metafile.Pipeline, stages ...metafile.Stage) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return p.save(ctx, pl, true, stages...)
}

// CommitAll records all that targets name as it lies there, as `dvc commit --force` does:
// .dvc files and stages; everything without targets.
func (p *Project) CommitAll(ctx context.Context, targets ...string) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return p.commitAll(ctx, targets...)
}

// commitAll is CommitAll under the project's lock.
func (p *Project) commitAll(ctx context.Context, targets ...string) error {
	chosen, err := p.chosen(targets)
	if err != nil {
		return err
	}
	if err := p.accept(chosen, len(targets) > 0); err != nil {
		return err
	}
	for _, pl := range p.Pipelines {
		var stages []metafile.Stage
		for _, s := range pl.Stages {
			if !chosen[Address(pl.File, s.Name)] && len(targets) > 0 {
				continue
			}
			if err := p.stageNotLost(ctx, pl, s); err != nil {
				return err
			}
			stages = append(stages, s)
		}
		if err := p.save(ctx, pl, true, stages...); err != nil {
			return err
		}
	}
	for _, f := range p.Singles {
		if chosen[f.Path] {
			if err := p.commitSingle(ctx, f); err != nil {
				return err
			}
		}
	}
	return p.noteLinks()
}

// chosen are the stages and .dvc files that targets name: also by what they make, their file,
// or the foreach or matrix that they are of.
func (p *Project) chosen(targets []string) (map[string]bool, error) {
	all, rest := map[string]bool{}, []string{}
	for _, target := range targets {
		stages := p.stagesOf(target)
		for _, address := range stages {
			all[address] = true
		}
		if len(stages) == 0 {
			rest = append(rest, target)
		}
	}
	if len(rest) == 0 && len(targets) > 0 {
		return all, nil
	}
	list, err := p.choose(rest)
	for _, o := range list {
		all[o.stage] = true
	}
	return all, err
}

// stagesOf are the addresses of stages that a target names as such; a stage need not have an
// out in the project.
func (p *Project) stagesOf(target string) (list []string) {
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			group := s.Group != "" && (target == Address(pl.File, s.Group) || target == pl.File+":"+s.Group)
			if target == pl.File || target == Address(pl.File, s.Name) || target == pl.File+":"+s.Name || group {
				list = append(list, Address(pl.File, s.Name))
			}
		}
	}
	return list
}

// commitSingle brings a .dvc file up to date with what lies there.
func (p *Project) commitSingle(ctx context.Context, f SingleFile) error {
	if f.Cmd != "" {
		return errs.New(errs.Precondition, "%s is a stage from before DVC 1.0, which only dvc can record", f.Path).WithHint("dvc commit %s", f.Path)
	}
	for i := range f.Outs {
		o := &f.Outs[i]
		at, here := p.where(path.Join(path.Dir(f.Path), f.Wdir), o.Entry.Path)
		if !here {
			continue
		}
		e, err := p.current(ctx, at, o.Entry)
		if err != nil {
			return err
		}
		if e.Sum() == o.Entry.Sum() {
			e = o.Entry // with what only it tells
		}
		o.Entry = e
		if err := p.keepSingle(ctx, *o, at); err != nil {
			return err
		}
	}
	if f.Import() {
		f.Single.MD5 = f.SumNow()
	}
	return p.writeSingle(f)
}

// save records stages of one dvc.yaml, with DVC's lock held. Cached says whether DVC would
// note them in its run cache, too.
func (p *Project) save(ctx context.Context, pl *metafile.Pipeline, cached bool, stages ...metafile.Stage) error {
	if len(stages) == 0 {
		return nil
	}
	var records []metafile.LockStage
	for _, s := range stages {
		if err := p.outsUntracked(s); err != nil {
			return err
		}
		r, err := p.Record(ctx, pl, s)
		if err != nil {
			return err
		}
		if cached {
			if err := p.saveRun(ctx, s, r); err != nil {
				return err
			}
		}
		if err := p.keepOuts(ctx, s, r); err != nil {
			return err
		}
		before := p.Locks[pl.File].Stage(s.Name)
		for i, o := range r.Outs { // DVC forgets the versions of a folder's files here
			if b := lockEntry(before, true, o.Path); o.IsDir() && b.Sum() == o.Sum() {
				r.Outs[i] = o.KeepVersions(b, nil)
			}
		}
		records = append(records, r)
	}
	name := path.Join(path.Dir(pl.File), metafile.LockFile)
	old, err := p.lockText(name)
	if err != nil && !missing(err) {
		return err
	}
	there, _ := p.Read(name)
	text, lock, err := p.texts.putStages(name, old, records...)
	if err == nil && !bytes.Equal(text, there) {
		err = p.write(name, text)
	}
	if err == nil {
		p.Locks[pl.File] = lock
	}
	return err
}

// outsUntracked refuses a stage one of whose outs git tracks, or that the cache cannot keep.
func (p *Project) outsUntracked(s metafile.Stage) error {
	for _, o := range s.Outs {
		if in, here := p.where(s.Wdir, o.Path); here && !o.NoCache {
			if err := p.untracked(in); err != nil {
				return err
			}
		}
	}
	return p.cachedOutside(s)
}

// keepOuts brings the outs of a stage into the cache, and lets git ignore them.
func (p *Project) keepOuts(ctx context.Context, s metafile.Stage, r metafile.LockStage) error {
	for i, o := range s.Outs {
		in, _ := p.where(s.Wdir, o.Path)
		if o.NoCache {
			continue
		}
		if err := p.keep(ctx, in, r.Outs[i].Hash); err != nil {
			return err
		}
		now, err := p.look(ctx, in, r.Outs[i].Hash)
		if err != nil {
			return err
		}
		if err := p.relink(ctx, in, r.Outs[i].Hash, now); err != nil {
			return err
		}
		if err := p.gitIgnore(in); err != nil {
			return err
		}
	}
	return nil
}

// write replaces a file of the project. The folder that it is in is one of the project's,
// whatever links there are.
func (p *Project) write(name string, text []byte) error {
	at := filepath.Join(p.Dir, filepath.FromSlash(name))
	if _, err := p.root.Stat(path.Dir(name)); err != nil {
		return cannotWrite(name, err)
	}
	if info, err := p.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return errs.New(errs.Invalid, "%s is not a file", name)
	}
	if p.root.MkdirAll(ownTmp, 0o755) != nil { // it leads out of the project
		return errs.Unwritten(name, atomicfile.WriteFile(at, text, 0o644))
	}
	return errs.Unwritten(name, atomicfile.Replace(OwnFolder(p.Dir), at, text, 0o644))
}

// PutStages writes entries into the text of a dvc.lock. New ones come last; the others
// stay where they are.
func PutStages(name string, text []byte, stages ...metafile.LockStage) ([]byte, error) {
	l, err := metafile.ReadLock(name, text)
	if err != nil {
		return nil, err
	}
	l = l.With(stages...)
	if len(bytes.TrimSpace(text)) == 0 || l.Schema != "2.0" {
		return l.Text(), nil
	}
	out := string(text)
	for _, s := range stages {
		out = putStage(out, s)
	}
	whole, err := metafile.ReadLock(name, l.Text()) // a reader takes some checksums in lower case
	if err != nil {
		return nil, err
	}
	if again, err := metafile.ReadLock(name, []byte(out)); err == nil && bytes.Equal(again.Text(), whole.Text()) {
		return []byte(out), nil
	}
	return l.Text(), nil // it is written in a way of its own: anew, then
}

// putStage replaces the lines of one stage, or adds them where stages end.
func putStage(text string, s metafile.LockStage) string {
	entry := strings.TrimPrefix(string(doc.Emit(doc.NewMap("stages", doc.NewMap(s.Name, s.Value())))), "stages:\n")
	key := entry[:strings.IndexByte(entry, '\n')+1]
	begin, end, inside, off := -1, len(text), false, 0
	for line := range strings.Lines(text) {
		body := strings.TrimLeft(line, " ")
		indent := len(line) - len(body)
		content := strings.TrimSpace(body) != "" && body[0] != '#'
		switch {
		case !inside && strings.HasPrefix(line, "stages:"):
			inside = true
		case inside && content && begin < 0 && line == key:
			begin = off
		case inside && content && (indent == 0 || begin >= 0 && indent <= 2):
			end, inside = off, false
		}
		if off += len(line); begin >= 0 && !inside {
			break
		}
	}
	if begin < 0 {
		begin = end
		if end > 0 && text[end-1] != '\n' {
			entry = "\n" + entry
		}
	}
	return text[:begin] + entry + text[end:]
}
