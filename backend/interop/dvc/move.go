package dvc

import (
	"context"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Moved is data that has another path now.
type Moved struct {
	From string `json:"from"`
	To   string `json:"to"`
	File string `json:"file"` // the .dvc file that tracks it now
}

// Move gives what a .dvc file tracks another path, as `dvc move` does, and the .dvc file too where
// it is named after it. What is recorded of it stays. Nothing is overwritten; a move that was
// killed goes on when it is said again.
func (p *Project) Move(ctx context.Context, from, to string) (Moved, error) {
	unlock, err := p.lock()
	if err != nil {
		return Moved{}, err
	}
	defer unlock()
	m, err := p.moving(ctx, from, to)
	if err != nil {
		return m.told(), err
	}
	release, err := p.locks().Claim(ctx, nil, []string{m.from, m.to})
	if err != nil {
		return m.told(), err
	}
	defer release()
	if err := m.free(); err != nil {
		return m.told(), err
	}
	if err := m.carryOut(); err != nil {
		return m.told(), err
	}
	if err := p.Reload(); err != nil {
		return m.told(), err
	}
	return m.told(), p.noteLinks()
}

// moving is a move under way.
type moving struct {
	p        *Project
	from, to string
	entry    metafile.Entry // of the data
	was, now SingleFile
	text     []byte // of the .dvc file as it shall be
	there    bool   // the data is at the new path already
}

func (m *moving) told() Moved { return Moved{m.from, m.to, m.now.Path} }

// moving finds what tracks a path, and what its .dvc file says after a move.
func (p *Project) moving(ctx context.Context, from, to string) (*moving, error) {
	m := &moving{p: p, from: path.Clean(from), to: path.Clean(to)}
	i := slices.IndexFunc(p.outs(), func(o tracked) bool { return o.at == m.from })
	if i < 0 {
		return m, errs.New(errs.NotFound, "no .dvc file tracks %s", m.from).WithHint("`rondo data list` shows what is tracked; a part of a tracked folder is moved as any file, and then recorded: rondo data commit")
	}
	o := p.outs()[i]
	if i = slices.IndexFunc(p.Singles, func(f SingleFile) bool { return f.Path == o.file && f.Cmd == "" }); i < 0 {
		return m, errs.New(errs.Precondition, "stage %s makes %s: its command says where", o.stage, m.from).WithHint("change the path in %s, and the command", o.file)
	}
	m.was, m.entry = p.Singles[i], o.entry
	var err error
	if m.there, err = m.arrived(ctx); err != nil {
		return m, err
	}
	if info, err := p.root.Stat(m.to); err == nil && info.IsDir() && !p.isOut(m.to) && !m.there {
		m.to = path.Join(m.to, path.Base(m.from))
	}
	var here bool
	if m.to, here = p.where(".", m.to); !here || m.to == "." || m.to == Dir || inside(m.to, Dir) {
		return m, errs.New(errs.Invalid, "%s is no path inside the project that can be tracked", m.to).WithHint("name a path in the project")
	}
	return m, m.write()
}

// write says what the .dvc file shall say.
func (m *moving) write() error {
	m.now = SingleFile{m.was.Path, &metafile.Single{}}
	*m.now.Single = *m.was.Single
	m.now.Outs, m.now.Deps = slices.Clone(m.was.Outs), slices.Clone(m.was.Deps)
	dir := path.Join(path.Dir(m.was.Path), m.was.Wdir)
	if strings.TrimSuffix(path.Base(m.was.Path), metafile.Suffix) == path.Base(m.from) {
		m.now.Path, m.now.Wdir = m.to+metafile.Suffix, ""
	}
	folder := path.Join(path.Dir(m.now.Path), m.now.Wdir)
	for i, o := range m.now.Outs {
		if at, _ := m.p.where(dir, o.Entry.Path); at == m.from {
			m.now.Outs[i].Entry.Path = relative(folder, m.to)
			m.now.Outs[i].Out.Path = m.now.Outs[i].Entry.Path
		}
	}
	for i, d := range m.now.Deps {
		if u, err := url.Parse(d.Path); d.Repo == nil && !filepath.IsAbs(d.Path) && (err != nil || len(u.Scheme) < 2) {
			m.now.Deps[i].Path = relative(folder, path.Join(dir, d.Path))
		}
	}
	if m.now.MD5 != "" {
		m.now.MD5 = m.now.SumNow()
	}
	old, err := m.p.Read(m.was.Path)
	if err == nil {
		m.text, err = doc.Rewrite(m.was.Path, old, m.now.Single.Text())
	}
	return err
}

// relative is a path of the project from a folder of it.
func relative(folder, at string) string {
	rel, err := filepath.Rel(filepath.FromSlash(folder), filepath.FromSlash(at))
	if err != nil {
		return at
	}
	return filepath.ToSlash(rel)
}

// free refuses a new path that something else has.
func (m *moving) free() error {
	if m.to == m.from || inside(m.to, m.from) {
		return errs.New(errs.Invalid, "%s cannot be moved to %s: it is there, or that lies in it", m.from, m.to).WithHint("name another path")
	}
	if old, err := m.p.singleFor(m.to); err != nil {
		return err
	} else if old.Path != m.to+metafile.Suffix && old.Path != m.was.Path {
		return errs.New(errs.Conflict, "%s lies in what %s tracks", m.to, old.Path).WithHint("move it elsewhere")
	}
	if info, err := m.p.root.Stat(path.Dir(m.to)); err != nil || !info.IsDir() {
		return errs.New(errs.NotFound, "there is no folder %s to move it into", path.Dir(m.to)).WithHint("make it first: mkdir -p '%s'", path.Dir(m.to))
	}
	if b, err := m.p.Read(m.now.Path); m.now.Path != m.was.Path && err == nil && string(b) != string(m.text) {
		return errs.New(errs.Conflict, "%s is there already", m.now.Path).WithHint("move it elsewhere, or track that no longer: rondo data remove %s", m.now.Path)
	}
	if err := m.p.untracked(m.to); err != nil {
		return err
	}
	if _, err := m.p.root.Lstat(m.to); err == nil && !m.there {
		return errs.New(errs.Conflict, "%s is there already", m.to).WithHint("move that away first, or name another path")
	}
	return nil
}

// arrived reports whether a move that was killed has put the data there already.
func (m *moving) arrived(ctx context.Context) (bool, error) {
	if _, err := m.p.root.Lstat(m.from); !missing(err) || m.entry.Sum() == "" || !filepath.IsLocal(m.to) {
		return false, nil
	}
	now, err := m.p.look(ctx, m.to, m.entry.Hash)
	return now.sum == m.entry.Sum(), err
}

// carryOut moves the data first: until the .dvc file says so, the old one names what the cache has.
func (m *moving) carryOut() error {
	if err := m.p.gitIgnore(m.to); err != nil {
		return err
	}
	if _, err := m.p.root.Lstat(m.from); err == nil && !m.there {
		if err := m.p.root.Rename(m.from, m.to); err != nil {
			return cannotWrite(m.to, err)
		}
	}
	fault.Point("dvc.moved")
	if err := m.p.write(m.now.Path, m.text); err != nil {
		return err
	}
	if m.now.Path != m.was.Path {
		if err := m.p.root.Remove(m.was.Path); err != nil {
			return cannotWrite(m.was.Path, err)
		}
	}
	return m.p.gitUnignore(m.from)
}
