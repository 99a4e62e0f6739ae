// Package remote keeps named blobs in a place that other programs and people use at the
// same time: a folder, a folder of another computer reached by ssh, a bucket of an
// S3-compatible store. It knows nothing of what the blobs mean. Nothing is connected to,
// and no library readied, before a remote is opened.
package remote

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"path"
	"strings"

	"rondo/backend/errs"
)

// Blob is a name and how long its content is.
type Blob struct {
	Name string // slash-separated, relative to the remote
	Size int64  // bytes
}

// Remote is an open remote. All methods may be called concurrently. A blob that is not
// there is kind NotFound; what the network or the other side does, kind Unavailable or
// Denied. A blob is visible whole or not at all.
type Remote interface {
	// List calls fn for every blob below a folder, in no order, one at a time. A folder
	// that is not there holds none.
	List(ctx context.Context, under string, fn func(Blob) error) error
	// Sizes looks for many blobs at once. Those that are not there are left out.
	Sizes(ctx context.Context, names []string) (map[string]int64, error)
	// Get opens length bytes of a blob from offset on; a length below 0 is up to the end.
	Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error)
	// Put stores a blob unless there is one of that name, and reports whether it did.
	Put(ctx context.Context, name string, content *io.SectionReader) (stored bool, err error)
	// Replace stores a blob whether there is one of that name or not.
	Replace(ctx context.Context, name string, content *io.SectionReader) error
	// Delete removes a blob; one that is not there is no error.
	Delete(ctx context.Context, name string) error
	// Checks reports whether the other side itself refuses what arrives damaged, so that
	// it need not be read back.
	Checks() bool
	Close() error
}

// Content is b as Put takes it.
func Content(b []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
}

// Read returns a blob of at most limit bytes. It is read again where the connection fails.
func Read(ctx context.Context, r Remote, name string, limit int64) (b []byte, err error) {
	err = Again(ctx, func() error {
		b, err = ReadOnce(ctx, r, name, limit)
		return err
	})
	return b, err
}

// ReadOnce is Read of which the caller takes care when it fails.
func ReadOnce(ctx context.Context, r Remote, name string, limit int64) ([]byte, error) {
	body, err := r.Get(ctx, name, 0, -1)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errs.New(errs.TooLarge, "%s is longer than %d bytes", name, limit)
	}
	return b, err
}

// checkName keeps names inside the remote.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || path.Clean(name) != name || strings.ContainsAny(name, "\\:") {
		return errs.New(errs.Internal, "%q is no name of a blob", name)
	}
	return nil
}

// temporary reports whether a name is that of a blob that is being written.
func temporary(base string) bool { return strings.HasPrefix(base, ".") }

func notThere(name string) error { return errs.New(errs.NotFound, "the remote has no %s", name) }
