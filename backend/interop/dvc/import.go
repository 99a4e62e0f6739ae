package dvc

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// brought is what an import has taken from where it comes from.
type brought struct {
	dep   metafile.Entry // what the .dvc file says of the origin
	out   metafile.Entry // what it says of the data, which the cache has now
	files []metafile.TreeFile
	n     int64 // bytes
	count int   // objects
	same  bool  // the origin is what it was, and the cache has it
	noted bool  // the content was read for its hash only, and the cache has none of it
}

// takeHow says what of an origin to take: what is there now, or only what is recorded of it;
// facts alone leave the content where it is, where the origin tells them without it.
// What put says becomes of the content; nil: the cache keeps it.
type takeHow struct {
	newest, facts bool
	put           func(ctx context.Context, r io.Reader, hash string) (md5 string, size int64, err error)
}

// addressOf is the .dvc file of an out that was imported from an address.
func (p *Project) addressOf(o tracked) *SingleFile {
	for i, f := range p.Singles {
		if f.Path == o.file && f.Import() && f.Deps[0].Repo == nil {
			return &p.Singles[i]
		}
	}
	return nil
}

// takeImport brings what lies at the origin of an import into the cache: what is there now, or
// only what the .dvc file says of it.
func (p *Project) takeImport(ctx context.Context, f SingleFile, how takeHow) (b brought, err error) {
	from, err := p.openPlace(ctx, f)
	if err != nil {
		return b, f.failed(err)
	}
	defer from.Close()
	was := f.Deps[0].Entry
	files, folder := recordedAt(was), was.IsDir()
	if how.newest || files == nil {
		if files, folder, err = from.facts(ctx); err != nil {
			return b, f.failed(err)
		}
	}
	told := len(files) > 0 && files[0].ETag+files[0].Checksum != ""
	if how.newest && told {
		err := p.describe(&b, was, files, folder)
		out := f.Outs[0].Entry.Named()
		if has, _ := p.Cache.Has(ctx, out); err != nil || has && sameFacts(b.dep, was) || how.facts {
			b.same = err == nil && has && sameFacts(b.dep, was)
			return b, err
		}
	}
	if !how.newest {
		if err := sameOrigin(was, files, folder); err != nil {
			return b, errs.New(errs.KindOf(err), "%s: %w", f.Path, err).WithHint("%s", errs.HintOf(err))
		}
	}
	b.files, b.noted = make([]metafile.TreeFile, len(files)), how.facts || how.put != nil
	put := p.Cache.Put
	switch {
	case how.put != nil:
		put = how.put
	case how.facts:
		put = metafile.Sum
	}
	var mu sync.Mutex
	err = each(ctx, indexes(files), func(i int) error {
		body, err := from.open(ctx, files[i], 0)
		if err != nil {
			return err
		}
		defer body.Close()
		sum, n, err := put(ctx, atMost(body, files[i].Size), p.hash)
		if err == nil && files[i].Size != nil && n != *files[i].Size {
			err = changedThere(files[i].Path)
		}
		mu.Lock()
		defer mu.Unlock()
		b.files[i] = metafile.TreeFile{Path: files[i].Path, MD5: sum, Size: n, Exec: files[i].Exec}
		b.n, b.count = b.n+n, b.count+1
		return err
	})
	if err == nil {
		err = p.describe(&b, was, files, folder)
	}
	if err == nil && !how.newest && !told && was.MD5 != "" && b.out.MD5 != was.MD5 {
		err = changedThere(redacted(was.Path))
	}
	return b, err
}

// failed says which import it was that could not be had.
func (f SingleFile) failed(err error) error {
	return errs.New(errs.KindOf(err), "%s: %w", f.Path, err).WithHint("%s", errs.HintOf(err))
}

// sameFacts reports whether an origin is what it was.
func sameFacts(a, b metafile.Entry) bool {
	if a.MD5 != b.MD5 || a.ETag != b.ETag || a.Checksum != b.Checksum || a.VersionID != b.VersionID || len(a.List) != len(b.List) {
		return false
	}
	for i := range a.List {
		if a.List[i].Path != b.List[i].Path || !sameFacts(a.List[i], b.List[i]) {
			return false
		}
	}
	return true
}

// atMost reads one byte more than what was told there would be, and no more.
func atMost(r io.Reader, size *int64) io.Reader {
	if size == nil {
		return r
	}
	return io.LimitReader(r, *size+1)
}

// recordedAt are the versions that a .dvc file names; nil where it names none.
func recordedAt(was metafile.Entry) []metafile.Entry {
	switch {
	case len(was.List) > 0:
		return was.List
	case was.VersionID != "":
		was.Path = ""
		return []metafile.Entry{was}
	}
	return nil
}

// sameOrigin refuses an origin that is not what was imported.
func sameOrigin(was metafile.Entry, now []metafile.Entry, folder bool) error {
	switch {
	case was.ETag == "" && was.Checksum == "" && was.MD5 == "" && len(was.List) == 0:
		return errs.New(errs.Precondition, "it was never said what to bring").WithHint("`rondo data update` takes what is there now")
	case len(was.List) > 0 || was.VersionID != "":
		return nil // a version is what it was
	case folder != was.IsDir():
		return changedThere(was.Path)
	case folder && len(now) > 0 && now[0].ETag != "" && etagTree(now) != was.MD5:
		return changedThere(was.Path)
	case !folder && (now[0].ETag != was.ETag || now[0].Checksum != was.Checksum || was.Size != nil && now[0].Size != nil && *was.Size != *now[0].Size):
		return changedThere(was.Path)
	}
	return nil
}

// etagTree is the name that DVC gives a folder of a cloud by the etags of its files.
func etagTree(files []metafile.Entry) string {
	var b strings.Builder
	for i, f := range files {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`{"etag": ` + doc.Quote(f.ETag) + `, "relpath": ` + doc.Quote(f.Path) + `}`)
	}
	sum := md5.Sum([]byte("[" + b.String() + "]"))
	return hex.EncodeToString(sum[:]) + ".dir"
}

// describe says of origin and data what DVC says of them.
func (p *Project) describe(b *brought, was metafile.Entry, files []metafile.Entry, folder bool) (err error) {
	b.out = metafile.Entry{Hash: p.hash}
	switch {
	case len(b.files) < len(files): // only its facts are told
		var n, size int64
		for _, f := range files {
			n++
			if f.Size != nil { // a web server need not tell it
				size += *f.Size
			}
		}
		b.out.Size, b.out.Files = &size, &n
	case folder:
		n := int64(len(b.files))
		if b.noted {
			b.out.MD5 = metafile.TreeSum(metafile.TreeText(b.files))
		} else {
			b.out.MD5, err = p.Cache.PutTree(b.files, p.hash)
		}
		b.out.Size, b.out.Files = &b.n, &n
	default:
		b.out.MD5, b.out.Size, b.out.Exec = b.files[0].MD5, &b.n, b.files[0].Exec
	}
	b.dep = metafile.Entry{Path: was.Path, Hash: was.Hash}
	switch {
	case len(files) > 0 && files[0].VersionID != "" && folder:
		b.dep.List = files
	case len(files) > 0 && files[0].ETag != "" && folder:
		b.dep.MD5, b.dep.Size, b.dep.Files = etagTree(files), b.out.Size, b.out.Files
	case len(files) > 0 && files[0].ETag+files[0].Checksum != "":
		f := files[0]
		b.dep.ETag, b.dep.Checksum, b.dep.VersionID, b.dep.Size = f.ETag, f.Checksum, f.VersionID, f.Size
	default:
		out := b.out
		out.Path, out.Hash = was.Path, was.Hash
		b.dep = out
	}
	return err
}
