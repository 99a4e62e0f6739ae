package query

import (
	"context"
	"sync"

	"rondo/backend/index"
)

const (
	batchRows  = 512
	batchBytes = 1 << 20 // of texts
	batches    = 3
)

// batch are some rows after each other.
type batch struct {
	values []any
	rows   int
	err    error // what the rows end with
}

// ahead lets rows be read while SQLite works on those before. Stop waits for who reads.
func ahead(ctx context.Context, width int, next func(values []any) error) (rows index.Rows, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	full, empty := make(chan *batch, batches), make(chan *batch, batches)
	for range batches {
		empty <- &batch{values: make([]any, batchRows*width)}
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case b := <-empty:
				b.fill(width, next)
				full <- b // which has room for all
				if b.err != nil {
					return
				}
			}
		}
	})
	var now *batch
	at := 0
	return func() ([]any, error) {
			for {
				if now != nil && at < now.rows {
					at++
					return now.values[(at-1)*width : at*width], nil
				}
				if now != nil && now.err != nil {
					return nil, now.err
				}
				if now != nil {
					empty <- now
				}
				select {
				case now = <-full:
					at = 0
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
		}, func() {
			cancel()
			reading.Wait()
		}
}

func (b *batch) fill(width int, next func(values []any) error) {
	b.rows = 0
	for size := 0; b.rows < batchRows && size < batchBytes && b.err == nil; {
		row := b.values[b.rows*width : (b.rows+1)*width]
		if b.err = next(row); b.err != nil {
			return
		}
		b.rows++
		for _, v := range row {
			if text, ok := v.(string); ok {
				size += len(text)
			}
		}
	}
}
