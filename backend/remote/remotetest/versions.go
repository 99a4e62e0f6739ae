package remotetest

import (
	"context"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Versions is a bucket of StartS3, by which tests change what is in it.
type Versions struct {
	URL, Endpoint string // as the tools of others take them

	t      testing.TB
	c      *minio.Client
	bucket string
	prefix string
}

// KeepVersions lets the bucket of an address keep versions from now on.
func KeepVersions(t testing.TB, address string) *Versions {
	t.Helper()
	v := Bucket(t, address)
	must(t, v.c.EnableVersioning(context.Background(), v.bucket))
	return v
}

// Bucket is the one of an address, as it is.
func Bucket(t testing.TB, address string) *Versions {
	t.Helper()
	url, endpoint, _ := strings.Cut(address, "?path_style=true&endpoint=")
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(url, "s3://"), "/")
	c, err := minio.New(strings.TrimPrefix(endpoint, "http://"), &minio.Options{
		Creds:  credentials.NewStaticV4(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		Region: "us-east-1", BucketLookup: minio.BucketLookupPath,
	})
	must(t, err)
	return &Versions{url, endpoint, t, c, bucket, prefix}
}

// Count is how many versions there are of an object.
func (v *Versions) Count(name string) (n int) {
	v.t.Helper()
	for o := range v.c.ListObjects(context.Background(), v.bucket, minio.ListObjectsOptions{Prefix: path.Join(v.prefix, name), WithVersions: true}) {
		must(v.t, o.Err)
		n++
	}
	return n
}

// Forget deletes one version of an object for good.
func (v *Versions) Forget(name, id string) {
	v.t.Helper()
	must(v.t, v.c.RemoveObject(context.Background(), v.bucket, path.Join(v.prefix, name), minio.RemoveObjectOptions{VersionID: id}))
}

// Put makes a new version of an object, and tells its id.
func (v *Versions) Put(name, text string) (id string) {
	v.t.Helper()
	is, err := v.c.PutObject(context.Background(), v.bucket, path.Join(v.prefix, name), strings.NewReader(text), int64(len(text)), minio.PutObjectOptions{})
	must(v.t, err)
	return is.VersionID
}

// Delete takes an object away; where the bucket keeps versions, they stay.
func (v *Versions) Delete(name string) {
	v.t.Helper()
	must(v.t, v.c.RemoveObject(context.Background(), v.bucket, path.Join(v.prefix, name), minio.RemoveObjectOptions{}))
}
