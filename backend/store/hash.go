package store

import (
	"context"
	"io"
	"os"

	"rondo/backend/ref"
)

// HashFile returns the digest and length of the file at path.
func HashFile(ctx context.Context, path string) (ref.Digest, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return ref.Zero, 0, err
	}
	defer f.Close()
	return HashOpen(ctx, f)
}

// Reader takes the content of an open file and returns its digest and length.
type Reader func(ctx context.Context, f *os.File) (ref.Digest, int64, error)

// HashOpen returns the digest and length of what an open file holds from where it stands.
func HashOpen(ctx context.Context, f *os.File) (ref.Digest, int64, error) {
	h := ref.NewHash()
	n, err := io.CopyBuffer(onlyWriter{h}, readerCtx{ctx, f}, make([]byte, hashPart))
	return ref.Sum(h), n, err
}

const hashPart = 256 << 10 // bytes that stay in a core's own cache between reading and hashing

type onlyWriter struct{ io.Writer }
