package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Beside opens the store in a folder that other programs use at the same time, such as
// a remote: nothing is tidied up there.
func Beside(dir string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, packsDir), 0o755); err != nil {
		return nil, diskError(err)
	}
	s := at(dir)
	return s, s.Reload()
}

// Moved is what a transfer has done.
type Moved struct {
	Objects int   `json:"objects"` // that were missing and are there now
	Bytes   int64 `json:"bytes"`   // as stored
	Present int   `json:"present"` // objects that were there before
}

// Lacking returns what of the digests, and of the chunks that they are made of, is not
// here, in an order in which it can be stored.
func (s *Store) Lacking(from *Store, digests []ref.Digest) (parts, lists []ref.Digest, present int, err error) {
	seen := map[ref.Digest]bool{}
	for _, d := range digests {
		if seen[d] {
			continue
		}
		seen[d] = true
		if s.Keeps(d) {
			present++
			continue
		}
		chunks, err := from.chunks(d)
		if err != nil {
			return nil, nil, present, err
		}
		if chunks == nil {
			parts = append(parts, d)
			continue
		}
		lists = append(lists, d)
		for _, c := range chunks {
			if _, here := s.entry(c.digest); !seen[c.digest] && (!here || s.doomed(c.digest)) {
				parts = append(parts, c.digest)
			}
			seen[c.digest] = true
		}
	}
	return parts, lists, present, nil
}

// Transfer copies what s lacks of the digests from another store. Every object is
// verified before it is stored, and read back afterwards. What an interrupted transfer
// has brought stays, and the next one goes on from there.
func (s *Store) Transfer(ctx context.Context, from *Store, digests []ref.Digest) (m Moved, err error) {
	parts, lists, present, err := s.Lacking(from, digests)
	if err != nil {
		return m, err
	}
	m.Present = present
	p := s.packer()
	for _, wave := range [][]ref.Digest{parts, lists} { // no list before its chunks
		if err == nil {
			err = p.receive(ctx, from, wave, &m)
		}
	}
	if err = errors.Join(err, p.flush()); err != nil {
		return m, err
	}
	return m, s.readBack(ctx, append(parts, lists...))
}

// receive adds objects of another store as they are stored there.
func (p *packer) receive(ctx context.Context, from *Store, digests []ref.Digest, m *Moved) error {
	var mu sync.Mutex
	spans := from.spans(digests)
	return Each(ctx, len(spans), func(ctx context.Context, k int) error {
		o := opener{s: from}
		defer o.close()
		var buf buffers
		for _, one := range spans[k] {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := p.receiveOne(ctx, &o, digests[one.i], one.at, &buf)
			if err != nil {
				return err
			}
			mu.Lock()
			m.Objects++
			m.Bytes += n
			mu.Unlock()
		}
		return nil
	})
}

func (p *packer) receiveOne(ctx context.Context, o *opener, d ref.Digest, at place, buf *buffers) (int64, error) {
	if at.pack == nil { // a file of its own, or missing
		r, err := o.s.Open(ctx, d)
		if err != nil {
			return 0, err
		}
		defer r.Close()
		_, n, err := p.s.Put(ctx, r)
		return n, err
	}
	if err := o.verify(d, at, buf); err != nil {
		return 0, err
	}
	return int64(at.stored), p.add(prepared{digest: d, stored: bytes.Clone(buf.raw[:at.stored]), form: at.form})
}

// readBack sees that what was written is there.
func (s *Store) readBack(ctx context.Context, digests []ref.Digest) error {
	var first error
	err := s.ReadMany(ctx, digests, func(i int, c Content, err error) error {
		if err == nil && c.whole == nil {
			err = s.verifyStored(ctx, digests[i])
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		first = errs.New(errs.Unavailable, "%s does not give back what was written to it: %w", s.dir, err).
			WithHint("see whether its disk is well, then do the same again: only what is missing is copied")
	}
	return errors.Join(ctx.Err(), first)
}
