package dvc

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Deps of stages may be addresses: of a web server, a bucket, another computer, or of what a
// remote has. They are looked at where a person has trusted the stages that name them.

const patience = time.Minute // for an origin that is to tell what it has, as dvc has it

// leads is where an address that a stage names leads to, with the settings of the remote that
// it names and without secrets; empty for a path of this machine.
func (p *Project) leads(wdir, at string) (string, error) {
	if _, here := p.where(wdir, at); here {
		return "", nil
	}
	if _, local := p.elsewhere(wdir, at); local {
		return "", nil
	}
	to, err := p.farAddress(map[string]string{"url": at})
	return redacted(to), err
}

// unasked reports whether an address may not be asked.
func (p *Project) unasked(wdir, at string) bool {
	to, _ := p.leads(wdir, at)
	return to != "" && !p.allows(to)
}

// addressStatus compares what an address has now with what is recorded of it.
func (p *Project) addressStatus(ctx context.Context, out *StageStatus, at, to string, e metafile.Entry) error {
	if !p.allows(to) {
		out.Closed = append(out.Closed, at)
		return nil
	}
	hash := e.Hash
	if !e.Told() {
		hash = p.hash
	}
	now, err := p.origin(ctx, out.Name, at, hash)
	switch {
	case err != nil:
		return err
	case !now.Told():
		out.Deps.Set(at, Deleted)
	case p.keepsFar(at) && now.VersionID != "" && e.VersionID != "" && now.VersionID != e.VersionID:
		out.Deps.Set(at, Newer)
	case now.MD5 != e.MD5 || now.ETag != e.ETag || now.Checksum != e.Checksum:
		out.Deps.Set(at, Modified)
	}
	return nil
}

// keepsFar reports whether an address is of a remote that goes by versions.
func (p *Project) keepsFar(at string) bool {
	u, err := url.Parse(at)
	return err == nil && u.Scheme == "remote" && strings.EqualFold(p.Config[`remote "`+u.Host+`"`]["version_aware"], "true")
}

// keepsVersion reports whether what comes from an address is one version, which a bucket goes on having.
func (p *Project) keepsVersion(at string) bool {
	u, err := url.Parse(literal(at))
	return p.keepsFar(at) || err == nil && versionIn(u) != ""
}

// addressEntry is what dvc.lock says of an address that a stage reads.
func (p *Project) addressEntry(ctx context.Context, s metafile.Stage, at, to string) (metafile.Entry, error) {
	if !p.allows(to) {
		return metafile.Entry{}, untrusted(s.Name, at)
	}
	e, err := p.origin(ctx, s.Name, at, p.hash)
	if err == nil && !e.Told() {
		err = errs.New(errs.Precondition, "stage %s: dep %s is missing", s.Name, redacted(at)).WithHint("bring it back there, or change the address in dvc.yaml")
	}
	return e, err
}

// origin is what an address has now, by the hash of the line of DVC that has recorded it;
// without a checksum where nothing is there.
func (p *Project) origin(ctx context.Context, stage, at, hash string) (metafile.Entry, error) {
	key := hash + " " + at
	if e, ok := p.origins[key]; ok {
		return e, nil
	}
	e, err := p.askOrigin(ctx, stage, at, hash)
	if errs.Is(err, errs.NotFound) {
		e, err = metafile.Entry{Path: at, Hash: hash}, nil
	}
	if err != nil {
		hint := cmp.Or(errs.HintOf(err), "see whether you are online and whether the address is right, and try again")
		return e, errs.New(errs.KindOf(err), "stage %s: the dep %s cannot be looked at: %w", stage, redacted(at), err).
			WithHint("whether it changed is not known: %s", hint)
	}
	p.origins[key] = e
	return e, nil
}

func (p *Project) askOrigin(ctx context.Context, stage, at, hash string) (metafile.Entry, error) {
	aware := doc.NewMap("version_aware", true) // dvc notes which one it was wherever a bucket numbers versions
	from, err := p.openPlace(ctx, SingleFile{Path: stage, Single: &metafile.Single{Deps: []metafile.SingleDep{{Entry: metafile.Entry{Path: at}, FSConf: aware}}}})
	if err != nil {
		return metafile.Entry{}, err
	}
	defer from.Close()
	asking, done := context.WithTimeout(ctx, patience)
	files, folder, err := from.facts(asking)
	done()
	if err != nil {
		return metafile.Entry{}, err
	}
	e := metafile.Entry{Path: at, Hash: hash}
	if len(files) > 0 && !files[0].Told() {
		err := readOrigin(ctx, &e, from, files, folder)
		return e, err
	}
	for i := range files {
		if folder {
			files[i].VersionID = "" // a lock has no list of them
		}
	}
	var b brought
	err = p.describe(&b, e, files, folder)
	return b.dep, err
}

// readOrigin hashes what an origin has that tells no checksums, such as another computer.
func readOrigin(ctx context.Context, e *metafile.Entry, from originPlace, files []metafile.Entry, folder bool) error {
	list, total := make([]metafile.TreeFile, len(files)), int64(0)
	for i, f := range files {
		body, err := from.open(ctx, f, 0)
		if err != nil {
			return err
		}
		sum, n, err := metafile.Sum(ctx, body, e.Hash)
		body.Close()
		if err != nil {
			return errs.New(errs.Unavailable, "%s cannot be read: %w", f.Path, err)
		}
		list[i] = metafile.TreeFile{Path: f.Path, MD5: sum, Size: n}
		total += n
	}
	e.Size = &total
	if n := int64(len(list)); folder {
		e.MD5, e.Files = metafile.TreeSum(metafile.TreeText(list)), &n
	} else {
		e.MD5 = list[0].MD5
	}
	return nil
}
