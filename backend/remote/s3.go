package remote

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"

	"rondo/backend/errs"
)

// bucket is a part of a bucket of an S3-compatible store.
type bucket struct {
	name, prefix string
	c            *minio.Client
	way          *way
	probe        sync.Mutex
	conditional  *bool // whether it keeps to If-None-Match; nil: not asked yet
}

const (
	partSize  = 8 << 20  // bytes of a part of a blob that is sent in parts
	wholeSize = 24 << 20 // bytes up to which a blob is sent in one piece
)

func openS3(ctx context.Context, a Address) (Remote, error) {
	to := &way{Transport: Transport()}
	c, err := connectS3(a.S3, to)
	if err != nil {
		return nil, err
	}
	b := &bucket{name: a.Bucket, prefix: a.Path, c: c, way: to}
	there, err := c.BucketExists(ctx, a.Bucket)
	if err != nil {
		return nil, b.explain("", err)
	}
	if !there {
		return nil, errs.New(errs.NotFound, "there is no bucket %s at %s", a.Bucket, c.EndpointURL().Host).
			WithHint("make it with your provider's tools; Rondo makes no buckets")
	}
	return b, nil
}

func (b *bucket) key(name string) string { return path.Join(b.prefix, name) }

func (b *bucket) List(ctx context.Context, under string, fn func(Blob) error) error {
	if err := checkName(under); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var c circle
	for o := range b.c.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.key(under) + "/", Recursive: true}) {
		if o.Err != nil {
			return b.fail(ctx, under, o.Err)
		}
		if c.closes(o.Key) {
			return errs.New(errs.Corrupt, "%s lists %s without end: %s came twice", b.c.EndpointURL().Host, b.name+"/"+b.key(under), o.Key).
				WithHint("its S3 gateway is at fault; tell who runs it")
		}
		name := strings.TrimPrefix(strings.TrimPrefix(o.Key, b.prefix), "/")
		if checkName(name) != nil || temporary(path.Base(name)) {
			continue
		}
		if err := fn(Blob{name, o.Size}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// circle notices a list that begins anew again and again, some time after it did.
type circle struct {
	mark string // a name that came
	n    int
}

func (c *circle) closes(name string) bool {
	if name == c.mark {
		return true
	}
	if c.n++; c.n&(c.n-1) == 0 { // ever longer rounds find one of any length
		c.mark = name
	}
	return false
}

func (b *bucket) fail(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return b.explain(what, err)
}

func (b *bucket) Sizes(ctx context.Context, names []string) (map[string]int64, error) {
	return sizes(ctx, names, b.size)
}

func (b *bucket) size(ctx context.Context, name string) (int64, error) {
	info, err := b.c.StatObject(ctx, b.name, b.key(name), minio.StatObjectOptions{})
	return info.Size, b.fail(ctx, name, err)
}

func (b *bucket) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	var o minio.GetObjectOptions
	switch {
	case length == 0:
		return io.NopCloser(strings.NewReader("")), nil
	case length > 0:
		_ = o.SetRange(offset, offset+length-1)
	case offset > 0:
		_ = o.SetRange(offset, 0)
	}
	r, _, _, err := minio.Core{Client: b.c}.GetObject(ctx, b.name, b.key(name), o)
	if minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, b.fail(ctx, name, err)
	}
	return &s3Reader{b, ctx, name, r}, nil
}

type s3Reader struct {
	b    *bucket
	ctx  context.Context
	name string
	io.ReadCloser
}

func (r *s3Reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = r.b.fail(r.ctx, r.name, err)
	}
	return n, err
}

func (b *bucket) Put(ctx context.Context, name string, content *io.SectionReader) (bool, error) {
	if err := checkName(name); err != nil {
		return false, err
	}
	conditional, err := b.keepsConditions(ctx)
	if err != nil {
		return false, err
	}
	if !conditional || content.Size() > wholeSize { // which is asked before much is sent for nothing
		if _, err := b.size(ctx, name); !errs.Is(err, errs.NotFound) {
			return false, err
		}
	}
	err = b.send(ctx, name, content, conditional)
	if refusedByCondition(err) {
		return false, nil
	}
	return err == nil, b.fail(ctx, name, err)
}

func (b *bucket) Replace(ctx context.Context, name string, content *io.SectionReader) error {
	if err := checkName(name); err != nil {
		return err
	}
	return b.fail(ctx, name, b.send(ctx, name, content, false))
}

// send stores a blob with its MD5, which the other side compares with what arrives.
func (b *bucket) send(ctx context.Context, name string, content *io.SectionReader, ifAbsent bool) error {
	_, err := b.put(ctx, name, content, ifAbsent)
	return err
}

func (b *bucket) put(ctx context.Context, name string, content *io.SectionReader, ifAbsent bool) (minio.UploadInfo, error) {
	o := minio.PutObjectOptions{
		SendContentMd5: true, ContentType: "application/octet-stream", PartSize: partSize, NumThreads: 2,
		DisableMultipart: content.Size() <= wholeSize,
	}
	if ifAbsent {
		o.SetMatchETagExcept("*")
	}
	return b.c.PutObject(ctx, b.name, b.key(name), io.NewSectionReader(content, 0, content.Size()), content.Size(), o)
}

func (b *bucket) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	err := b.fail(ctx, name, b.c.RemoveObject(ctx, b.name, b.key(name), minio.RemoveObjectOptions{}))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

func (b *bucket) Checks() bool { return true }

func (b *bucket) Close() error { b.way.CloseIdleConnections(); return nil }
