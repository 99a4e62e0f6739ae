package store

import (
	"bytes"
	"context"
	"io"

	"rondo/backend/errs"
)

// arrived sees that a blob is there: by its length where the other side itself refuses
// what arrives damaged, else to the last byte.
func (f *Far) arrived(ctx context.Context, name string, want *io.SectionReader) error {
	sizes, err := f.r.Sizes(ctx, []string{name})
	if err != nil {
		return err
	}
	if n, ok := sizes[name]; !ok || n != want.Size() {
		return liar(name, "it said that it was stored, and it is not there")
	}
	if f.r.Checks() {
		return nil
	}
	r, err := f.r.Get(ctx, name, 0, want.Size())
	if err != nil {
		return err
	}
	defer r.Close()
	if !same(readerCtx{ctx, r}, want) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return liar(name, "it is not what was sent")
	}
	return nil
}

func same(got io.Reader, want io.Reader) bool {
	a, b := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		n, err := io.ReadFull(want, b)
		m, _ := io.ReadFull(got, a[:n])
		if m != n || !bytes.Equal(a[:n], b[:n]) {
			return false
		}
		if err != nil {
			return err == io.EOF || err == io.ErrUnexpectedEOF
		}
	}
}

func liar(name, what string) error {
	return errs.New(errs.Corrupt, "%s does not give back what was written to it: %s", name, what).
		WithHint("see whether its disk is well, then do the same again: only what is missing is copied")
}
