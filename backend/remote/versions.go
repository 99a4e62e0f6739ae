package remote

import (
	"context"
	"io"
	"io/fs"
	"strings"

	"github.com/minio/minio-go/v7"

	"rondo/backend/errs"
)

// Version is one content that a blob had, under the id that the other side gave it.
type Version struct {
	ID   string
	ETag string // without its quotes
	Size int64  // bytes
}

// Versioned is a remote that keeps the earlier contents of a blob: a bucket of an S3 store
// with versioning. Names may be any that a file has.
type Versioned interface {
	Remote
	// Version looks for a version of a blob; an empty id is the newest. One that was
	// deleted is kind NotFound.
	Version(ctx context.Context, name, id string) (Version, error)
	// Open reads a version of a blob from an offset on; an empty id is the newest.
	Open(ctx context.Context, name, id string, from int64) (io.ReadCloser, Version, error)
	// Store makes a new version of a blob. Without an id it is none: nothing is kept there.
	Store(ctx context.Context, name string, content *io.SectionReader) (Version, error)
	// Newest lists the newest version of every blob below a folder, whose names are told
	// from it.
	Newest(ctx context.Context, under string, fn func(name string, v Version) error) error
}

func anyName(name string) error {
	if !fs.ValidPath(name) || name == "." {
		return errs.New(errs.Invalid, "%q is no name of a file in a remote", name)
	}
	return nil
}

func (b *bucket) Version(ctx context.Context, name, id string) (Version, error) {
	if err := anyName(name); err != nil {
		return Version{}, err
	}
	info, err := b.c.StatObject(ctx, b.name, b.key(name), minio.StatObjectOptions{VersionID: id})
	return version(info), b.gone(ctx, name, id, err)
}

func version(o minio.ObjectInfo) Version {
	return Version{ID: kept(o.VersionID), ETag: strings.Trim(o.ETag, `"`), Size: o.Size}
}

// kept leaves out the id of what was stored while no versions were kept.
func kept(id string) string { return strings.TrimPrefix(id, "null") }

// gone tells a version that is no more from other failures: stores have several words for it.
func (b *bucket) gone(ctx context.Context, name, id string, err error) error {
	r := minio.ToErrorResponse(err)
	if err == nil || id == "" || r.Code != "NoSuchVersion" && r.Code != "NoSuchKey" && r.Code != "MethodNotAllowed" && r.StatusCode != 404 && r.StatusCode != 400 {
		return b.fail(ctx, name, err)
	}
	return errs.New(errs.NotFound, "%s/%s has no version %s any more", b.name, b.key(name), id).
		WithHint("whoever has the content can push it anew")
}

func (b *bucket) Open(ctx context.Context, name, id string, from int64) (io.ReadCloser, Version, error) {
	if err := anyName(name); err != nil {
		return nil, Version{}, err
	}
	o := minio.GetObjectOptions{VersionID: id}
	if from > 0 {
		_ = o.SetRange(from, 0)
	}
	r, info, _, err := minio.Core{Client: b.c}.GetObject(ctx, b.name, b.key(name), o)
	if err != nil {
		return nil, Version{}, b.gone(ctx, name, id, err)
	}
	is := version(info)
	is.Size += from // the answer is that much shorter
	return &s3Reader{b, ctx, name, r}, is, nil
}

func (b *bucket) Store(ctx context.Context, name string, content *io.SectionReader) (Version, error) {
	if err := anyName(name); err != nil {
		return Version{}, err
	}
	info, err := b.put(ctx, name, content, false)
	if err != nil {
		return Version{}, b.fail(ctx, name, err)
	}
	return Version{ID: kept(info.VersionID), ETag: strings.Trim(info.ETag, `"`), Size: content.Size()}, nil
}

func (b *bucket) Newest(ctx context.Context, under string, fn func(string, Version) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	top := strings.TrimPrefix(b.key(under)+"/", "/") // all of a bucket begins with nothing
	for o := range b.c.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: top, Recursive: true, WithVersions: true}) {
		if o.Err != nil {
			return b.fail(ctx, under, o.Err)
		}
		name := strings.TrimPrefix(o.Key, top)
		if !o.IsLatest || o.IsDeleteMarker || strings.HasSuffix(name, "/") {
			continue
		}
		if anyName(name) != nil {
			return errs.New(errs.Invalid, "%s/%s is no name of a file", b.name, o.Key).WithHint("rename it there")
		}
		if err := fn(name, version(o)); err != nil {
			return err
		}
	}
	return ctx.Err()
}
