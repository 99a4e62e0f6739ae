package dvc

import (
	"context"
	"io"
	"sync/atomic"
)

// Count is how far work with a remote, a repository or an address has come.
type Count struct{ objects, of, bytes atomic.Int64 }

// Sofar are the objects and bytes that have been moved, and the objects that there are to move as
// far as that is known.
func (c *Count) Sofar() (objects, of, bytes int64) {
	return c.objects.Load(), c.of.Load(), c.bytes.Load()
}

type countKey struct{}

// WithCount lets c count what is moved.
func WithCount(ctx context.Context, c *Count) context.Context {
	return context.WithValue(ctx, countKey{}, c)
}

// countOf is what counts; nobody looks where there is none.
func countOf(ctx context.Context) *Count {
	if c, ok := ctx.Value(countKey{}).(*Count); ok {
		return c
	}
	return &Count{}
}

// expect tells of objects that are to be moved.
func (c *Count) expect(n int) { c.of.Add(int64(n)) }

// moved counts an object.
func (c *Count) moved() { c.objects.Add(1) }

// reading counts the bytes that are read.
func (c *Count) reading(r io.Reader) io.Reader { return countedReader{r, c} }

type countedReader struct {
	io.Reader
	c *Count
}

func (r countedReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.c.bytes.Add(int64(n))
	return n, err
}
