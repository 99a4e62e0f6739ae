package dvc

import (
	"context"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// originPlace is where data of `dvc import-url` comes from: a file or a folder.
type originPlace interface {
	// facts lists what lies there now, as a .dvc file says it; a file has an empty path.
	facts(ctx context.Context) (files []metafile.Entry, folder bool, err error)
	// open reads a file from an offset on.
	open(ctx context.Context, e metafile.Entry, from int64) (io.ReadCloser, error)
	// tag tells a content from those before and after it; empty where nothing does.
	tag(ctx context.Context, e metafile.Entry) (string, error)
	Close() error
}

// openPlace opens the address of an import: a path, http, S3 or ssh, also of a remote.
func (p *Project) openPlace(ctx context.Context, f SingleFile) (originPlace, error) {
	d := f.Deps[0]
	if d.DB != nil || d.Params != nil {
		return nil, errs.New(errs.Precondition, "%s comes from a database, which only dvc can ask", f.Path).WithHint("dvc update %s", f.Path)
	}
	aware, _ := d.FSConf.(*doc.Map)
	v, _ := aware.Get("version_aware")
	base := filepath.Join(p.Dir, filepath.FromSlash(path.Dir(f.Path)), filepath.FromSlash(f.Wdir))
	return p.openOrigin(ctx, base, d.Path, v == true || d.VersionID != "" || len(d.List) > 0)
}

// openOrigin opens what lies at an address; a path is meant from the folder base.
func (p *Project) openOrigin(ctx context.Context, base, address string, aware bool) (originPlace, error) {
	u, err := url.Parse(literal(address))
	if err != nil || len(u.Scheme) < 2 {
		at := filepath.FromSlash(address)
		if !filepath.IsAbs(at) {
			at = filepath.Join(base, at)
		}
		return placeHere(at)
	}
	version := versionIn(u)
	keys := map[string]string{"url": address}
	at, err := p.farAddress(keys)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "remote" {
		keys = p.Config[`remote "`+u.Host+`"`]
	}
	if u, err = url.Parse(at); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return newWebPlace(at, keys), nil
	}
	a, err := remote.ParseAddress(at)
	if err != nil {
		return nil, err
	}
	if a.Kind == remote.KindFolder {
		return placeHere(a.Path)
	}
	p.credentials(&a, keys)
	dir, name := path.Split(strings.TrimRight(a.Path, "/")) // dir/ is dir; of a bucket itself there is no name
	if a.Path = path.Clean(dir); a.Path == "." {
		a.Path = ""
	}
	r, err := remote.Open(ctx, a)
	if err != nil {
		return nil, err
	}
	return &remotePlace{r, name, aware || version != "", version}, nil
}

// versionIn is the version of a file that the address of a bucket names: s3://bucket/file?versionId=ID.
func versionIn(u *url.URL) string {
	if u.Scheme != "s3" && u.Scheme != "remote" {
		return ""
	}
	return u.Query().Get("versionId")
}

// folderPlace is a file or folder of this machine.
type folderPlace struct{ at string }

func placeHere(at string) (originPlace, error) {
	if _, err := os.Stat(at); missing(err) {
		return nil, errs.New(errs.NotFound, "%s is not there", at).WithHint("bring it back, or change the path in the .dvc file")
	} else if err != nil {
		return nil, errs.New(errs.NotFound, "%s cannot be looked at: %w", at, err)
	}
	return folderPlace{at}, nil
}

func (f folderPlace) facts(ctx context.Context) (files []metafile.Entry, folder bool, err error) {
	err = filepath.WalkDir(f.at, func(at string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return firstError(ctx.Err(), err)
		}
		info, err := os.Stat(at)
		if err != nil || info.IsDir() {
			folder = folder || at == f.at && err == nil
			return err
		}
		if !info.Mode().IsRegular() {
			return errs.New(errs.Invalid, "%s is neither a file nor a folder", at).
				WithHint("pipes, sockets and devices hold nothing that can be kept: move it away, or leave it out by a rule in .dvcignore")
		}
		rel, err := filepath.Rel(f.at, at)
		if rel == "." {
			rel = ""
		}
		size := info.Size()
		files = append(files, metafile.Entry{Path: filepath.ToSlash(rel), Size: &size, Exec: info.Mode()&0o111 != 0})
		return err
	})
	return files, folder, err
}

func (f folderPlace) open(_ context.Context, e metafile.Entry, from int64) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(f.at, filepath.FromSlash(e.Path)))
	if err == nil {
		_, err = file.Seek(from, io.SeekStart)
	}
	return file, err
}

// tag: what lies here is read again soon enough.
func (f folderPlace) tag(context.Context, metafile.Entry) (string, error) { return "", nil }

func (f folderPlace) Close() error { return nil }

// remotePlace is a file or folder of a bucket or of another computer.
type remotePlace struct {
	remote.Remote
	name    string // empty: all of a bucket
	aware   bool   // of versions
	version string // that is meant; empty: the newest
}

func (r *remotePlace) facts(ctx context.Context) (files []metafile.Entry, folder bool, err error) {
	v, numbers := r.Remote.(remote.Versioned)
	if !numbers {
		return r.listed(ctx)
	}
	if r.name != "" {
		is, err := v.Version(ctx, r.name, r.version)
		if err == nil {
			e := r.entry("", is)
			e.VersionID = is.ID // dvc notes which one a file was wherever a bucket numbers them
			return []metafile.Entry{e}, false, nil
		}
		if r.version != "" || !errs.Is(err, errs.NotFound) {
			return nil, false, err
		}
	}
	err = v.Newest(ctx, r.name, func(name string, is remote.Version) error {
		files = append(files, r.entry(name, is))
		return nil
	})
	return files, true, r.some(files, err)
}

func (r *remotePlace) entry(name string, is remote.Version) metafile.Entry {
	e := metafile.Entry{Path: name, ETag: is.ETag, Size: &is.Size}
	if r.aware {
		e.VersionID = is.ID
	}
	return e
}

func (r *remotePlace) listed(ctx context.Context) (files []metafile.Entry, folder bool, err error) {
	sizes, err := r.Sizes(ctx, []string{r.name})
	if err != nil {
		return nil, false, err
	}
	err = r.List(ctx, r.name, func(b remote.Blob) error {
		files = append(files, metafile.Entry{Path: strings.TrimPrefix(b.Name, r.name+"/"), Size: &b.Size})
		return nil
	})
	if n, ok := sizes[r.name]; ok && len(files) == 0 {
		return []metafile.Entry{{Size: &n}}, false, nil
	}
	return files, true, r.some(files, err)
}

func (r *remotePlace) some(files []metafile.Entry, err error) error {
	if err == nil && len(files) == 0 {
		err = errs.New(errs.NotFound, "%s is not there", r.name).WithHint("change the path in the .dvc file, or rondo data remove it")
	}
	slices.SortFunc(files, func(a, b metafile.Entry) int { return strings.Compare(a.Path, b.Path) })
	return err
}

// large is a file of which it is worth a question whether it is the same as a while ago.
const large = 4 << 20 // bytes

func (r *remotePlace) tag(ctx context.Context, e metafile.Entry) (string, error) {
	if e.VersionID != "" || e.ETag != "" {
		return e.VersionID + " " + e.ETag, nil
	}
	s, stamps := r.Remote.(remote.Stamped)
	if !stamps || e.Size == nil || *e.Size < large {
		return "", nil
	}
	return s.Stamp(ctx, path.Join(r.name, e.Path))
}

func (r *remotePlace) open(ctx context.Context, e metafile.Entry, from int64) (io.ReadCloser, error) {
	name := path.Join(r.name, e.Path)
	if v, ok := r.Remote.(remote.Versioned); ok {
		body, is, err := v.Open(ctx, name, e.VersionID, from)
		if err == nil && e.ETag != "" && is.ETag != e.ETag {
			body.Close()
			err = changedThere(name)
		}
		return body, err
	}
	return r.Get(ctx, name, from, -1)
}

func changedThere(name string) error {
	return errs.New(errs.Precondition, "%s is not what was imported any more", name).WithHint("`rondo data update` takes what is there now")
}
