package store

import (
	"cmp"
	"context"
	"io"
	"slices"

	"rondo/backend/ref"
)

// Content is an object that ReadMany hands out. It is good until the call returns.
type Content struct {
	ctx   context.Context
	s     *Store
	d     ref.Digest
	whole []byte // verified; nil where the object is read as it is written
}

// WriteTo writes the verified content. On an error, what w has got is not to be used.
func (c Content) WriteTo(w io.Writer) (int64, error) {
	if c.whole != nil {
		n, err := w.Write(c.whole)
		return int64(n), diskError(err)
	}
	return c.s.WriteTo(c.ctx, c.d, w)
}

// Bytes is the whole verified content, good until the call returns; nil where it is large
// and has to be written with WriteTo.
func (c Content) Bytes() []byte { return c.whole }

const (
	spanObjects = 256
	spanBytes   = 8 << 20
)

// ReadMany hands every object of the list to fn by its place in the list, on all cores,
// in the order in which they lie on the disk. An object that is missing or damaged
// comes with the reason. It ends with the first error of fn.
func (s *Store) ReadMany(ctx context.Context, digests []ref.Digest, fn func(i int, c Content, err error) error) error {
	spans := s.spans(digests)
	return Each(ctx, len(spans), func(ctx context.Context, k int) error {
		r := s.ManyReader()
		defer r.Close()
		return r.read(ctx, spans[k], fn)
	})
}

type wanted struct {
	i  int
	d  ref.Digest
	at place // no pack: it is a file of its own, or missing
}

// wanted says where objects lie, of which the first has a number. They come in that order.
func (s *Store) wanted(all []wanted, first int, digests []ref.Digest) []wanted {
	begun := len(all)
	for i, d := range digests {
		at, _ := s.entry(d)
		all = append(all, wanted{first + i, d, at})
	}
	slices.SortFunc(all[begun:], func(a, b wanted) int {
		return cmp.Or(cmp.Compare(packName(a), packName(b)), cmp.Compare(a.at.offset, b.at.offset))
	})
	return all
}

// spans divides a list into parts that lie together on the disk.
func (s *Store) spans(digests []ref.Digest) (spans [][]wanted) {
	all := s.wanted(make([]wanted, 0, len(digests)), 0, digests)
	start, size := 0, int64(0)
	for i, one := range all {
		size += int64(one.at.stored)
		if large := one.at.pack == nil || one.at.form == listed; large || i+1-start >= spanObjects || size >= spanBytes || i+1 == len(all) {
			spans = append(spans, all[start:i+1])
			start, size = i+1, 0
		}
	}
	return spans
}

func packName(w wanted) string {
	if w.at.pack == nil {
		return ""
	}
	return w.at.pack.name
}
