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
		o := opener{s: s}
		defer o.close()
		var buf buffers
		for _, one := range spans[k] {
			if err := ctx.Err(); err != nil {
				return err
			}
			c := Content{ctx: ctx, s: s, d: digests[one.i]}
			var err error
			if one.at.pack != nil && one.at.form != listed {
				if err = o.verify(c.d, one.at, &buf); err == nil {
					c.whole = buf.content(one.at)
				}
			}
			if err := fn(one.i, c, err); err != nil {
				return err
			}
		}
		return nil
	})
}

// content is what verify has read last.
func (b *buffers) content(at place) []byte {
	if at.form == squeezed {
		return b.whole
	}
	return b.raw[:at.stored]
}

type wanted struct {
	i  int
	at place // no pack: it is a file of its own, or missing
}

// spans divides a list into parts that lie together on the disk.
func (s *Store) spans(digests []ref.Digest) (spans [][]wanted) {
	all := make([]wanted, len(digests))
	for i, d := range digests {
		all[i].i = i
		all[i].at, _ = s.entry(d)
	}
	slices.SortFunc(all, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(packName(a), packName(b)), cmp.Compare(a.at.offset, b.at.offset))
	})
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
