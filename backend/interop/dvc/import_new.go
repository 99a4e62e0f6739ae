package dvc

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Import says what to bring in from elsewhere with its origin kept, as `dvc import` does of a
// repository and `dvc import-url` of an address.
type Import struct {
	From         string // a repository, or the address or path of the data; a path is from the project's folder
	Path         string // in the repository; empty: From is the data itself
	Out          string // where it is put, from the project's folder; a folder that is there gets it inside
	Rev          string // of the repository; empty: its newest commit
	Remote       string // of the repository, where not its own default; empty: that. With ToRemote one of the project here
	Config       string // a file of the project that is laid over the repository's settings; empty: none
	VersionAware bool   // note which version of a bucket it is
	NoDownload   bool   // only note what is there now; `rondo data pull` brings it
	NoExec       bool   // only write the .dvc file; `rondo data update` takes what is there
	ToRemote     bool   // the data goes to a remote, and neither into the folder nor the cache
	Force        bool   // overwrite what lies at Out, or is tracked there
}

// Fits refuses what says nothing of an address or of a repository.
func (in Import) Fits() error {
	switch {
	case in.ToRemote && in.Path != "":
		return errs.New(errs.Invalid, "what is imported from a repository stays in the remote of that").WithHint("leave out --to-remote")
	case in.ToRemote && (in.NoDownload || in.NoExec || in.VersionAware):
		return errs.New(errs.Invalid, "--to-remote brings the data to a remote, which --no-download, --no-exec and --version-aware leave where it is").WithHint("leave out one of them")
	case in.Path == "" && in.Rev+in.Config != "" || in.Path == "" && in.Remote != "" && !in.ToRemote:
		return errs.New(errs.Invalid, "%s is an address or a path, and has no revisions, remotes or settings", redacted(in.From)).
			WithHint("to import from a repository, name the path in it, too: rondo data import REPOSITORY PATH")
	case in.Path != "" && in.VersionAware:
		return errs.New(errs.Invalid, "a repository has commits and no versions of a bucket").WithHint("leave out --version-aware")
	}
	return nil
}

// Import writes the .dvc file of an import and brings what it names.
func (p *Project) Import(ctx context.Context, in Import) (Renewed, error) {
	if len(p.Problems) > 0 {
		return Renewed{}, p.Problems[0]
	}
	if err := in.Fits(); err != nil {
		return Renewed{}, err
	}
	f, err := p.newImport(in)
	if err != nil {
		return Renewed{}, err
	}
	p.Singles = append(slices.DeleteFunc(p.Singles, func(g SingleFile) bool { return g.Path == f.Path }), f)
	defer p.Reload()
	o := p.outs()[len(p.outs())-1]
	if in.ToRemote {
		done, err := p.sendImport(ctx, o, f, in.Remote)
		return done, in.failed(err)
	}
	if in.NoExec {
		return Renewed{Path: o.at, File: f.Path, Changed: true}, p.noteImport(o, f)
	}
	done, err := p.renew(ctx, o, f, Renew{NoDownload: in.NoDownload, Force: in.Force, first: &in})
	return done, in.failed(err)
}

// failed says of an import that was never there what to look at: what is known of others tells of
// their .dvc file.
func (in Import) failed(err error) error {
	if hint := errs.HintOf(err); err == nil || hint != "" && !errs.Is(err, errs.NotFound) {
		return err
	}
	return errs.New(errs.KindOf(err), "nothing was imported: %w", err).WithHint("see whether %s is right and can be reached, and say it again", strings.TrimSpace(redacted(in.From)+" "+in.Path))
}

// noteImport writes a .dvc file that says only where its data would come from.
func (p *Project) noteImport(o tracked, f SingleFile) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := p.gitIgnore(o.at); err != nil {
		return err
	}
	return p.writeSingle(f)
}

// newImport is the .dvc file of an import that has brought nothing yet.
func (p *Project) newImport(in Import) (f SingleFile, err error) {
	at, err := p.importTo(in)
	if err != nil {
		return f, err
	}
	d := metafile.SingleDep{Entry: metafile.Entry{Path: in.Path}}
	if in.Path != "" {
		d.Repo = &metafile.Repo{URL: in.From, Rev: in.Rev}
		if in.Remote != "" {
			d.Repo.Remote = in.Remote
		}
		if in.Config != "" {
			d.Repo.Config = in.Config
		}
	} else if d.Entry = (metafile.Entry{Path: p.fromFolderOf(at, in.From), Hash: p.hash}); in.VersionAware {
		d.FSConf = doc.NewMap("version_aware", true)
	}
	e := metafile.Entry{Path: path.Base(at), Hash: p.hash}
	o := metafile.SingleOut{Entry: e, Out: metafile.Out{Path: e.Path, Kind: "outs", NoPush: in.VersionAware || in.Path == "" && p.keepsVersion(in.From)}}
	one := &metafile.Single{Frozen: true, Deps: []metafile.SingleDep{d}, Outs: []metafile.SingleOut{o}, Anew: true}
	return SingleFile{at + metafile.Suffix, one}, nil
}

// importTo is where an import is put, which nothing else has unless it may be overwritten.
func (p *Project) importTo(in Import) (string, error) {
	at := path.Clean(in.Out)
	if info, err := p.root.Stat(at); in.Out == "" || err == nil && info.IsDir() && !p.isOut(at) && !p.begun(at, in) {
		at = path.Join(at, nameOf(in))
	}
	at, here := p.where(".", at)
	if !here || at == "." || at == Dir || inside(at, Dir) {
		return "", errs.New(errs.Invalid, "%s is no path inside the project that can be tracked", at).WithHint("name a file or folder of the project: --to PATH")
	}
	if err := p.importFits(at, in.Force || p.begun(at, in)); err != nil {
		return "", err
	}
	if info, err := p.root.Stat(path.Dir(at)); err != nil || !info.IsDir() {
		return "", errs.New(errs.NotFound, "there is no folder %s to put it into", path.Dir(at)).WithHint("make it first: mkdir -p '%s'", path.Dir(at))
	}
	return at, p.untracked(at)
}

// importFits refuses a place that something else has.
func (p *Project) importFits(at string, force bool) error {
	old, err := p.singleFor(at)
	if err != nil {
		return err
	}
	_, there := p.root.Lstat(at)
	_, known := p.root.Lstat(at + metafile.Suffix)
	switch {
	case old.Path != at+metafile.Suffix:
		return errs.New(errs.Conflict, "%s lies in what %s tracks", at, old.Path).WithHint("put it elsewhere: --to PATH")
	case known == nil && !p.isOut(at):
		return errs.New(errs.Conflict, "%s tracks something else", at+metafile.Suffix).WithHint("put it elsewhere: --to PATH")
	case (there == nil || known == nil) && !force:
		return errs.New(errs.Conflict, "%s is there already", at).
			WithHint("`rondo data update %s` asks the origin of an import anew; --force replaces what is there, --to PATH puts this one elsewhere", at)
	}
	return nil
}

// isOut reports whether a folder is itself what is tracked, and not one that holds such.
func (p *Project) isOut(at string) bool {
	return slices.ContainsFunc(p.outs(), func(o tracked) bool { return o.at == at })
}

// nameOf is the name that data brings along.
func nameOf(in Import) string {
	if in.Path != "" {
		return NameOf(in.Path)
	}
	return NameOf(in.From)
}

// NameOf is the last name of a path or an address, letter by letter: %20 stays that, as with dvc, and
// what an address asks for (?raw=1) is no part of it.
func NameOf(from string) string {
	if _, at, far := strings.Cut(from, "://"); far {
		from, _, _ = strings.Cut(at, "#")
		from, _, _ = strings.Cut(from, "?")
	}
	return path.Base(path.Clean(filepath.ToSlash(from)))
}

// fromFolderOf is a path as the .dvc file of an out says it: from the folder of that file. An
// address, and a path from the top of the machine, stay as they are.
func (p *Project) fromFolderOf(at, from string) string {
	if strings.Contains(from, "://") || filepath.IsAbs(from) || git.IsRemote(from) {
		return from
	}
	rel, err := filepath.Rel(filepath.FromSlash(path.Dir(at)), filepath.FromSlash(from))
	if err != nil {
		return from
	}
	return filepath.ToSlash(rel)
}
