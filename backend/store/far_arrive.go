package store

import (
	"bytes"
	"context"
	"io"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

// store puts a blob and sees that it has arrived. One of its name that is there already is
// read, and replaced where it is something else.
func (f *Far) store(ctx context.Context, name string, content *io.SectionReader) error {
	stored := false
	err := remote.Again(ctx, func() (err error) {
		stored, err = f.r.Put(ctx, name, afresh(content))
		return err
	})
	if err != nil {
		return err
	}
	err = f.arrived(ctx, name, content, stored && f.r.Checks())
	if stored || !errs.Is(err, errs.Corrupt) && !errs.Is(err, errs.NotFound) {
		return err
	}
	return f.replace(ctx, name, content)
}

// replace puts a blob in the place of one that is damaged, and reads it back.
func (f *Far) replace(ctx context.Context, name string, content *io.SectionReader) error {
	if err := remote.Again(ctx, func() error { return f.r.Replace(ctx, name, afresh(content)) }); err != nil {
		return err
	}
	return f.arrived(ctx, name, content, false)
}

// arrived sees that a blob is there: by its length where the other side itself has refused
// what arrives damaged, else to the last byte.
func (f *Far) arrived(ctx context.Context, name string, want *io.SectionReader, checked bool) error {
	if err := f.shows(ctx, name, want.Size()); err != nil || checked {
		return err
	}
	r, err := f.r.Get(ctx, name, 0, want.Size())
	if errs.Is(err, errs.NotFound) {
		return liar(name, notGiven)
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if !same(readerCtx{ctx, r}, afresh(want)) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return liar(name, "it is not what was sent")
	}
	return nil
}

// shows sees that a blob of that size is there, some time after it was put: not every store
// shows at once what it has.
func (f *Far) shows(ctx context.Context, name string, size int64) error {
	there := true
	err := remote.Again(ctx, func() error {
		sizes, err := f.r.Sizes(ctx, []string{name})
		if n, ok := sizes[name]; err == nil && (!ok || n != size) {
			there = false
			return errs.New(errs.Unavailable, "%s is not there yet", name)
		}
		there = true
		return err
	})
	if !there && ctx.Err() == nil {
		return liar(name, "it said that it was stored, and it is not there")
	}
	return err
}

// afresh is a content from its beginning, however far somebody has read it.
func afresh(content *io.SectionReader) *io.SectionReader {
	return io.NewSectionReader(content, 0, content.Size())
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
