package store

import (
	"context"
	"errors"
	"io"
	"os"

	"rondo/backend/atomicfile"
	"rondo/backend/ref"
)

// earlyWriter lets the disk begin while the rest is still being hashed.
type earlyWriter struct {
	f         *os.File
	at, begun int64
}

const earlyPart = 8 << 20

func (w *earlyWriter) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	if w.at += int64(n); w.at-w.begun >= earlyPart {
		atomicfile.StartWriting(w.f, w.begun, w.at-w.begun)
		w.begun = w.at
	}
	return n, err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// copyHashed copies and hashes side by side, so that two cores share the work.
func copyHashed(ctx context.Context, w io.Writer, r io.Reader) (ref.Digest, int64, error) {
	h := ref.NewHash()
	blocks := make(chan []byte, 4)
	free := make(chan []byte, 6)
	hashed := make(chan struct{})
	for range cap(free) {
		free <- make([]byte, 1<<20)
	}
	go func() {
		defer close(hashed)
		for b := range blocks {
			h.Write(b)
			free <- b[:cap(b)]
		}
	}()
	n, err := pump(ctx, w, r, free, blocks)
	close(blocks)
	<-hashed
	return ref.Sum(h), n, err
}

func pump(ctx context.Context, w io.Writer, r io.Reader, free, blocks chan []byte) (n int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		b := <-free
		m, err := io.ReadFull(r, b)
		if m > 0 {
			if _, err := w.Write(b[:m]); err != nil {
				return n, err
			}
			n += int64(m)
			blocks <- b[:m]
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
