package dvc

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Commit records stages as they are now, as `dvc commit` does: outs into the cache, and
// then their entries into dvc.lock. Entries of other stages stay letter by letter.
func (p *Project) Commit(ctx context.Context, pl *Pipeline, stages ...Stage) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	var records []LockStage
	for _, s := range stages {
		r, err := p.Record(ctx, pl, s)
		if err != nil {
			return err
		}
		for i, o := range s.Outs {
			if in, _ := p.where(s.Wdir, o.Path); !o.NoCache && r.Outs[i].Hash == MD5 {
				if err := p.Keep(ctx, in); err != nil {
					return err
				}
			}
		}
		records = append(records, r)
	}
	name := path.Join(path.Dir(pl.File), LockFile)
	text, err := p.Read(name)
	if err != nil && !missing(err) {
		return err
	}
	if text, err = PutStages(name, text, records...); err != nil {
		return err
	}
	if err := p.write(name, text); err != nil {
		return err
	}
	p.Locks[pl.File], err = ReadLock(name, text)
	return err
}

// write replaces a file of the project. The folder that it is in is one of the project's,
// whatever links there are.
func (p *Project) write(name string, text []byte) error {
	if _, err := p.root.Stat(path.Dir(name)); err != nil {
		return cannotWrite(name, err)
	}
	if info, err := p.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return errs.New(errs.Invalid, "%s is not a file", name)
	}
	if err := atomicfile.WriteFile(filepath.Join(p.Dir, filepath.FromSlash(name)), text, 0o644); err != nil {
		return cannotWrite(name, err)
	}
	return nil
}

// lock keeps a running dvc away while DVC's files are written, with DVC's own lock.
func (p *Project) lock() (unlock func(), err error) {
	if err := p.root.MkdirAll(path.Join(Dir, "tmp"), 0o755); err != nil {
		return nil, cannotWrite(path.Join(Dir, "tmp"), err)
	}
	f, err := p.root.OpenFile(path.Join(Dir, "tmp", "lock"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, cannotWrite(path.Join(Dir, "tmp", "lock"), err)
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, errs.New(errs.Unavailable, "DVC is working in %s: its lock is taken", p.Dir).WithHint("try again when it has ended")
	}
	return func() { f.Close() }, nil
}

// PutStages writes entries into the text of a dvc.lock. New ones come last; the others
// stay where they are.
func PutStages(name string, text []byte, stages ...LockStage) ([]byte, error) {
	l, err := ReadLock(name, text)
	if err != nil {
		return nil, err
	}
	for _, s := range stages {
		if old := l.Stage(s.Name); old != nil {
			*old = s
		} else {
			l.Stages = append(l.Stages, s)
		}
	}
	if len(bytes.TrimSpace(text)) == 0 || l.Schema != "2.0" {
		return l.Text(), nil
	}
	out := string(text)
	for _, s := range stages {
		out = putStage(out, s)
	}
	if again, err := ReadLock(name, []byte(out)); err == nil && bytes.Equal(again.Text(), l.Text()) {
		return []byte(out), nil
	}
	return l.Text(), nil // it is written in a way of its own: anew, then
}

// putStage replaces the lines of one stage, or adds them where stages end.
func putStage(text string, s LockStage) string {
	entry := strings.TrimPrefix(string(emit(NewMap("stages", NewMap(s.Name, s.value())))), "stages:\n")
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
