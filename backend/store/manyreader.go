package store

import (
	"context"
	"errors"
	"io"
	"slices"

	"rondo/backend/fault"
	"rondo/backend/ref"
)

const (
	readTogether = 256 << 10 // bytes of a pack that are read with one call, as long as all are wanted
	gapTogether  = 8 << 10   // bytes of others in between that are read with them
)

// ManyReader reads objects for one goroutine. It keeps what it used for the next ones.
type ManyReader struct {
	s    *Store
	o    opener
	buf  buffers
	part []byte // of the pack that is open
	at   int64  // where the part lies in it
	of   *pack
}

// ManyReader returns one that must be closed.
func (s *Store) ManyReader() *ManyReader { return &ManyReader{s: s, o: opener{s: s}} }

// Close lets go of the pack that was read last.
func (r *ManyReader) Close() { r.o.close() }

// Each hands every object to fn by its number, counted through all groups: one group after
// the other, those of a group in the order in which they lie on the disk. One that is
// missing or damaged comes with the reason. It ends with the first error of fn.
func (r *ManyReader) Each(ctx context.Context, groups [][]ref.Digest, fn func(i int, c Content, err error) error) error {
	var all []wanted
	for _, g := range groups {
		all = r.s.wanted(slices.Grow(all, len(g)), len(all), g)
	}
	return r.read(ctx, all, fn)
}

func (r *ManyReader) read(ctx context.Context, all []wanted, fn func(i int, c Content, err error) error) error {
	for k, one := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := Content{ctx: ctx, s: r.s, d: one.d}
		var err error
		if one.at.pack != nil && one.at.form != listed {
			c.whole, err = r.one(all[k:])
		}
		if err := fn(one.i, c, err); err != nil {
			return err
		}
	}
	return nil
}

// one returns the verified content of the first of those that are wanted, good until the
// next call.
func (r *ManyReader) one(next []wanted) ([]byte, error) {
	d, at := next[0].d, next[0].at
	now, err := r.o.open(d, at)
	if err != nil {
		return nil, err
	}
	if now.pack != at.pack {
		return r.alone(d, now)
	}
	raw, err := r.raw(next)
	if err != nil {
		return nil, err
	}
	content, err := unpack(d, at, raw, &r.buf)
	if err == nil {
		err = sameAs(d, at, content)
	}
	return content, err
}

// alone reads an object that lies elsewhere than was expected.
func (r *ManyReader) alone(d ref.Digest, at place) ([]byte, error) {
	content, err := r.o.content(d, at, &r.buf)
	if err == nil && at.form != listed {
		return content, sameAs(d, at, content)
	}
	return nil, err // a list is read as it is written
}

// raw returns the stored bytes of the first, and reads those of the next with them.
func (r *ManyReader) raw(next []wanted) ([]byte, error) {
	at := next[0].at
	if end := at.offset + int64(at.stored); r.of == at.pack && at.offset >= r.at && end <= r.at+int64(len(r.part)) {
		return r.part[at.offset-r.at : end-r.at], nil
	}
	n := together(next)
	r.of, r.at, r.part = nil, at.offset, slices.Grow(r.part[:0], n)[:n]
	if err := fault.Check("read"); err != nil {
		return nil, diskError(err)
	}
	k, err := fault.ReaderAt(r.o.f).ReadAt(r.part, at.offset)
	if err != nil && !errors.Is(err, io.EOF) && k < int(at.stored) {
		return nil, diskError(err)
	}
	if r.part = r.part[:k]; k < int(at.stored) {
		clear(r.part[k:at.stored]) // what is cut short is told by its digest
		return r.part[:at.stored], nil
	}
	r.of = at.pack
	return r.part[:at.stored], nil
}

// together is how many bytes are read for the first and those that follow it closely.
func together(next []wanted) int {
	first := next[0].at
	end := first.offset + int64(first.stored)
	for _, w := range next[1:] {
		upTo := w.at.offset + int64(w.at.stored)
		if w.at.pack != first.pack || w.at.offset < first.offset || w.at.offset > end+gapTogether || upTo-first.offset > readTogether {
			break
		}
		end = max(end, upTo)
	}
	return int(end - first.offset)
}

// sameAs says that content is not what its digest says, if it is not.
func sameAs(d ref.Digest, at place, content []byte) error {
	if got := ref.Of(content); got != d {
		return corrupt(d, at.pack.name, "its content has digest "+got.Short())
	}
	return nil
}
