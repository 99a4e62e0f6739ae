package dvc

import (
	"context"
	"io"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// Send says what to track without having it here, as `dvc add --to-remote` does.
type Send struct {
	From   string // a path from the project's folder, or an address
	Out    string // where it would lie, from the project's folder; a folder that is there gets it inside
	Remote string // of the project; empty: the default one
	Force  bool   // although something lies at Out
}

// Send tracks what lies at a path or an address: the data goes to a remote, and neither into the
// folder nor the cache. Its .dvc file is written when the remote has all of it.
func (p *Project) Send(ctx context.Context, in Send) (Renewed, error) {
	if len(p.Problems) > 0 {
		return Renewed{}, p.Problems[0]
	}
	f, at, err := p.newSent(in)
	if err != nil {
		return Renewed{}, err
	}
	from := SingleFile{f.Path, &metafile.Single{Wdir: f.Wdir, Deps: []metafile.SingleDep{{Entry: metafile.Entry{Path: p.fromFolderOf(at, in.From), Hash: p.hash}}}, Outs: f.Outs}}
	b, err := p.sendTo(ctx, in.Remote, from)
	if err != nil {
		return Renewed{}, Import{From: in.From}.failed(err)
	}
	unlock, err := p.lock()
	if err != nil {
		return Renewed{}, err
	}
	defer unlock()
	defer p.Reload()
	out, _ := p.outOf(f, at)
	b.out.Path = out.Entry.Path
	out.Entry = b.out
	return Renewed{Path: at, File: f.Path, MD5: b.out.MD5, Bytes: b.n, Changed: true}, p.writeSingle(f)
}

// newSent is the .dvc file of what is to be sent: the one of the place, or a new one.
func (p *Project) newSent(in Send) (f SingleFile, at string, err error) {
	if in.Out == "" { // what lies in the project is tracked where it is
		if here, is := p.where(".", in.From); is {
			f, err = p.singleFor(here)
			return f, here, err
		}
	}
	if at, err = p.importTo(Import{From: in.From, Out: in.Out, Force: in.Force}); err != nil {
		return f, at, err
	}
	f, err = p.singleFor(at)
	return f, at, err
}

// sendImport notes an import whose data goes to a remote.
func (p *Project) sendImport(ctx context.Context, o tracked, f SingleFile, remoteName string) (Renewed, error) {
	b, err := p.sendTo(ctx, remoteName, f)
	if err != nil {
		return Renewed{}, err
	}
	b.out.Path = f.Outs[0].Entry.Path
	f.Deps[0].Entry, f.Outs[0].Entry = b.dep, b.out
	f.Single.MD5 = f.SumNow()
	return Renewed{Path: o.at, File: f.Path, MD5: b.out.MD5, Bytes: b.n, Changed: true}, p.noteImport(o, f)
}

// sendTo copies what a .dvc file comes from to a remote: the files of a folder before their list.
func (p *Project) sendTo(ctx context.Context, remoteName string, f SingleFile) (b brought, err error) {
	to, err := p.openToSend(ctx, remoteName)
	if err != nil {
		return b, err
	}
	defer to.Close()
	b, err = p.takeImport(ctx, f, takeHow{newest: true, put: func(ctx context.Context, r io.Reader, hash string) (string, int64, error) {
		return p.sendOne(ctx, to, r, hash)
	}})
	b.out.Exec = false // dvc notes none of what it has sent
	if err != nil || !b.out.IsDir() {
		return b, err
	}
	list := remote.Content(metafile.TreeText(b.files))
	return b, remote.Again(ctx, func() error {
		_, err := to.Put(ctx, farName(p.hash, b.out.MD5), list)
		return err
	})
}

// sendOne copies one content, which a file beside the cache holds meanwhile: its name there is its hash.
func (p *Project) sendOne(ctx context.Context, to far, r io.Reader, hash string) (md5 string, size int64, err error) {
	tmp, md5, size, err := p.Cache.Take(ctx, countOf(ctx).reading(r), hash)
	if err != nil {
		return "", 0, err
	}
	defer tmp.Close()
	defer countOf(ctx).moved()
	return md5, size, remote.Again(ctx, func() error {
		_, err := to.Put(ctx, farName(hash, md5), io.NewSectionReader(tmp, 0, size))
		return err
	})
}

// openToSend opens a remote that has objects by their hashes.
func (p *Project) openToSend(ctx context.Context, name string) (far, error) {
	if err := p.makeFar(name); err != nil {
		return nil, err
	}
	to, err := p.openFar(ctx, name)
	if v, keeps := to.(*versions); keeps {
		v.Close()
		return nil, errs.New(errs.Precondition, "the remote %s has files by their paths and versions, and takes nothing that is not here", v.name).
			WithHint("import or add it, and `rondo data push`; or name another remote: --remote NAME")
	}
	return to, err
}
