package store

import (
	"context"
	"io"
	"path"

	"github.com/klauspost/compress/zstd"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

// openWhole opens an object that is a file of its own over there; it is verified while it is read.
func (f *Far) openWhole(ctx context.Context, d ref.Digest, name string) (io.ReadCloser, error) {
	r, err := f.r.Get(ctx, name, 0, -1)
	if err != nil {
		return nil, err
	}
	v := &verified{want: d, file: name, hash: ref.NewHash(), r: readerCtx{ctx, r}, close: r.Close}
	if path.Ext(name) != zst {
		return v, nil
	}
	z, err := zstd.NewReader(v.r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		r.Close()
		return nil, farCorrupt(d, name, err.Error())
	}
	v.r, v.close = z, func() error { z.Close(); return r.Close() }
	return v, nil
}

// checkWhole reads an object that is a file of its own, and returns what is wrong with it.
func (f *Far) checkWhole(ctx context.Context, d ref.Digest, name string) (bad []Damage, err error) {
	err = remote.Again(ctx, func() error {
		r, err := f.openWhole(ctx, d, name)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = atomicfile.CopyAhead(io.Discard, r)
		return err
	})
	return wrongWhole(name, d, err)
}

// forsakeWhole passes over a file that was read and found damaged.
func (f *Far) forsakeWhole(name string, d ref.Digest, err error) {
	bad, _ := wrongWhole(name, d, err)
	f.forsake(bad)
}

func wrongWhole(name string, d ref.Digest, err error) ([]Damage, error) {
	switch {
	case errs.Is(err, errs.NotFound):
		return []Damage{{name, d, notGiven}}, nil
	case errs.Is(err, errs.Corrupt):
		return []Damage{{name, d, "its content has another digest"}}, nil
	}
	return nil, err
}
