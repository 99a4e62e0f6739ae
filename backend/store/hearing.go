package store

import (
	"context"
	"sync/atomic"
)

type hearing struct{}

// Heard returns a context of which read hears how many bytes were read of large files, while they
// are: one alone may take minutes.
func Heard(ctx context.Context, read func(bytes int64)) context.Context {
	return context.WithValue(ctx, hearing{}, read)
}

func heard(ctx context.Context, n int) {
	if read, ok := ctx.Value(hearing{}).(func(int64)); ok {
		read(int64(n))
	}
}

// Part counts what is read of files that are not done, so that Done adds the rest only.
type Part struct {
	Count *Count
	read  atomic.Int64
}

// Read notes that bytes were read.
func (p *Part) Read(bytes int64) {
	p.read.Add(bytes)
	p.Count.Add(0, bytes)
}

// Done notes files that are done, and of their size what was not noted yet.
func (p *Part) Done(files, size int64) { p.Count.Add(files, size-p.read.Swap(0)) }
